CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, KEY ab (a, b), KEY b (b), KEY bc (b, c), UNIQUE KEY cb (c, b));
INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2);
