INSERT INTO t (id, u, a) VALUES (5, 'five', 81);
