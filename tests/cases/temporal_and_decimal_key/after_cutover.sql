UPDATE t SET took='-00:00:00.9', d=2.002 WHERE a=1;
INSERT INTO t (at, d, took, y, a) VALUES ('2024-06-06 06:06:06.006', 6.6, '-01:00:00', 2006, 6);
