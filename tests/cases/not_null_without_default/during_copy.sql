INSERT INTO t VALUES (3, 3, 33, 'three', '2024-03-03', 'r3', 'k');
