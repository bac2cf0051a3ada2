INSERT INTO t (a, b, c, d, id) VALUES (4, 'four', NULL, 40, 4);
