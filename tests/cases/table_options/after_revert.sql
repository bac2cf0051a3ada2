INSERT INTO t VALUES (8, 'huit è');
UPDATE t SET a='x' WHERE id=5;
