UPDATE t SET doc=JSON_INSERT(doc, '$.z', JSON_OBJECT('deep', JSON_ARRAY(1, NULL, 'x'))) WHERE id=1;
UPDATE t SET doc='null' WHERE id=3;
