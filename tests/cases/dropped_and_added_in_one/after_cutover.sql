UPDATE t SET a=11, x=12, y='z' WHERE id=1;
UPDATE t SET id=22 WHERE id=2;
INSERT INTO t (id, a) VALUES (4, 4);
