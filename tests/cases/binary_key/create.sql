CREATE TABLE t (k BINARY(4) NOT NULL, v VARBINARY(10) NOT NULL, a INT, gone INT, PRIMARY KEY (k, v));
INSERT INTO t VALUES (x'00', x'00', 1, 1), (x'0001', '', 2, 2), (x'FFFFFFFF', x'FF', 3, 3), ('a', 'b ', 4, 4), (x'27', x'5C', 5, 5);
