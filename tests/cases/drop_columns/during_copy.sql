UPDATE t SET title='changed' WHERE id=3;
DELETE FROM t WHERE id=5;
INSERT INTO t VALUES (5, 55, 'fifth again', 1, '', NULL);
