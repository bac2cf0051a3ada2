INSERT INTO t (id, a, b) VALUES (5, 6, 'five');
