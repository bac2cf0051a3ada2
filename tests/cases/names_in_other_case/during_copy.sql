INSERT INTO t VALUES (3, 'three', 3, 3);
