INSERT INTO t (id, a, b) VALUES (6, 6, 'six');
UPDATE t SET b='deux' WHERE id=2;
