INSERT INTO t VALUES (5, 'ö', 'c', '2');
