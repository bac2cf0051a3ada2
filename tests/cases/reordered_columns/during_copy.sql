INSERT INTO t (id, a, b, c) VALUES (3, 3, 'three', '2024-03-03');
