INSERT INTO t (id, a) VALUES (4, 4);
