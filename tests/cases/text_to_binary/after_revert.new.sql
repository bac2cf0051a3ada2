INSERT INTO t VALUES (4, 'vier', 'v', x'0077');
