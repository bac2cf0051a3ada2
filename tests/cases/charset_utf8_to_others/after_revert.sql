INSERT INTO t VALUES (4, 'ø', 'x', 'y', 'z', 'ж');
