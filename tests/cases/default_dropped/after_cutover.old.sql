INSERT INTO t (id, a, b, c, d) VALUES (4, 4, 'four', NULL, 'x');
