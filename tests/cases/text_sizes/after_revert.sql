INSERT INTO t VALUES (4, 'a', 'b', 'c', 'd');
