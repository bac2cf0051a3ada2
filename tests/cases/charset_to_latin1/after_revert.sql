INSERT INTO t VALUES (4, 'z', 'x', 'y');
