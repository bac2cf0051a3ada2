INSERT INTO t (id, i, a) VALUES (6, '0.0.0.32', 6);
UPDATE t SET i = '39.92.0.32' WHERE id = 5;
