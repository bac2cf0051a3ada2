INSERT INTO t (id, a, b, c) VALUES (4, 4, 'four', '2024-04-04');
UPDATE t SET a=-1 WHERE id=2;
