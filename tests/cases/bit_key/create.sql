CREATE TABLE t (k BIT(10) NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES (b'1', 0), (b'1111111111', 1), (b'0', 2), (b'10', 3), (b'100000000', 4);
