INSERT INTO t (id, a, c) VALUES (3, 3, '2003-03-03');
