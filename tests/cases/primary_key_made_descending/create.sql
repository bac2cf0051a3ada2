CREATE TABLE t (a INT, b VARCHAR(10), c INT, PRIMARY KEY (a, b));
INSERT INTO t VALUES (1, 'a', 1), (1, 'b', 2), (2, 'a', 3);
