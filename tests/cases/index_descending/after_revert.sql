INSERT INTO t (id, a) VALUES (5, 5);
