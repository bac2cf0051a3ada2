UPDATE t SET doc=JSON_REPLACE(doc, '$.a', 99) WHERE id=1;
UPDATE t SET doc=JSON_ARRAY_APPEND(doc, '$', 'x') WHERE id=2;
