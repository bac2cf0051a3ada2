INSERT INTO t VALUES (3, 3, 'b', '2003-03-03', '');
