INSERT INTO t VALUES (4, 4, 'four');
UPDATE t SET b='2' WHERE id=2;
