INSERT INTO t (id, b, c) VALUES (3, 3, 3);
