UPDATE t SET doc = JSON_ARRAY(doc->'$[0]') WHERE id = 1;
