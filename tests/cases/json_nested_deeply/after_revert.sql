UPDATE t SET doc = JSON_SET(doc, '$.k', 2) WHERE id = 3;
