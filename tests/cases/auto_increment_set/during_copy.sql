INSERT INTO t (id, a) VALUES (60, 3);
