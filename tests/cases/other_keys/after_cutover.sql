UPDATE t SET e='m', d=2.002 WHERE a=1;
INSERT INTO t (e, b, at, d, a) VALUES ('a', b'0', '2024-06-06 06:06:06.006', 6.6, 6);
