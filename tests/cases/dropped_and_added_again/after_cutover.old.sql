INSERT INTO t (id, b) VALUES (4, 40);
