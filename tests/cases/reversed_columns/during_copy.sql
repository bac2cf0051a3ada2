INSERT INTO t VALUES (3, 'three', '2003-03-03', 30, 3);
