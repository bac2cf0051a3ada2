INSERT INTO t (id, a) VALUES (4, 4);
UPDATE t SET a=-1, id=10 WHERE id=1;
