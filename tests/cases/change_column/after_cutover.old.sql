UPDATE t SET a=22 WHERE id=2;
INSERT INTO t (id, a, b) VALUES (5, 5, 'five');
