UPDATE t SET doc=JSON_SET(doc, '$.b.c', 'short') WHERE id=1;
UPDATE t SET doc=JSON_REMOVE(doc, '$[1]') WHERE id=2;
