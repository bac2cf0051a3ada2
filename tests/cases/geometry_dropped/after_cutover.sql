INSERT INTO t (id, a) VALUES (5, 5);
UPDATE t SET a = 10 WHERE id = 1;
UPDATE t SET id = 33 WHERE id = 3;
