UPDATE t SET a=a+1;
UPDATE t SET id=44 WHERE id=4;
DELETE FROM t WHERE id=1;
INSERT INTO t (id, a, b) VALUES (1, 1, 1), (9, 9, 9);
