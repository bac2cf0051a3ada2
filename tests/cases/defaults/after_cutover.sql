INSERT INTO t (id, a, b, c) VALUES (4, 4, 'y', '2024-01-01');
UPDATE t SET a=20 WHERE id=2;
