INSERT INTO t VALUES (3, 3, 'three');
