INSERT INTO t VALUES (6, 1, 'six', 6);
UPDATE t SET b='zwei' WHERE id=2;
