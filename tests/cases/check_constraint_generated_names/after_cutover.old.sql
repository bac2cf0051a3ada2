INSERT INTO t (id, a, b) VALUES (4, 4, 'four');
