INSERT INTO t (id, a) VALUES (3, 3);
