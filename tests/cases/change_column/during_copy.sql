UPDATE t SET b='two' WHERE id=2;
INSERT INTO t VALUES (4, 4, 'four');
