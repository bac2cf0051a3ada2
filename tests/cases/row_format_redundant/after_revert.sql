INSERT INTO t VALUES (3, 'c', 'c');
