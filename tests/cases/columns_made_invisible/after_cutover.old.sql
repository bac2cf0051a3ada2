INSERT INTO t (id, b) VALUES (3, 33);
