INSERT INTO t (id, a, b) VALUES (5, 5, 5);
