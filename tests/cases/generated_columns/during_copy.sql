UPDATE t SET a=22 WHERE id=2;
INSERT INTO t (id, a, b) VALUES (4, 4, 'four');
