INSERT INTO t (id, a, b, c) VALUES (5, 5, NULL, '2025-01-01');
UPDATE t SET b='z' WHERE id=1;
