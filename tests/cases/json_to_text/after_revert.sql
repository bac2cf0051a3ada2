INSERT INTO t (id, a, b) VALUES (4, '[1, 2]', 'x');
