INSERT INTO t (id, a, b, c) VALUES (4, 4, 'four', 4);
