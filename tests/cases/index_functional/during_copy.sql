UPDATE t SET a=22, b='b' WHERE id=2;
INSERT INTO t VALUES (4, 4, 'four', 4);
