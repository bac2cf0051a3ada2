UPDATE t SET a=22 WHERE id=2;
INSERT INTO t (id, u) VALUES (4, 'four');
UPDATE t SET id=id+100 WHERE id=3;
