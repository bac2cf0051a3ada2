UPDATE t SET a='c' WHERE id=2;
INSERT INTO t VALUES (4, 'd', 'D');
