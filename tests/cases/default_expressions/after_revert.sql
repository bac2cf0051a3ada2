INSERT INTO t (id, u, a) VALUES (6, 'six', 6);
