CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY x (a), KEY y (b), UNIQUE KEY z (a, b));
INSERT INTO t VALUES (1, 1, 1), (2, 2, 1), (3, 1, 2);
