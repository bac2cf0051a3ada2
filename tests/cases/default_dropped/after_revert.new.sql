INSERT INTO t VALUES (5, 7, 'b', NULL, 'y');
