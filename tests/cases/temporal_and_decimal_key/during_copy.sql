UPDATE t SET a=22 WHERE d=-1.001;
INSERT INTO t (at, d, took, y, a) VALUES ('2024-01-01', 5.5, '05:05:05.5', 2005, 5);
