INSERT INTO t VALUES (4, 'vier', 'v', 'v');
