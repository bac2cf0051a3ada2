INSERT INTO t VALUES (4, '[1, 2]', '12.5');
