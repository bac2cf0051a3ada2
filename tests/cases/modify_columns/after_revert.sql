INSERT INTO t (id, a, b, c, e) VALUES (6, 'old', 78, 'zz', 6);
UPDATE t SET a='y' WHERE id=3;
