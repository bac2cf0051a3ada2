CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(200), c INT, KEY a (a), KEY both_of (a, c), UNIQUE KEY c (c));
INSERT INTO t VALUES (1, 1, 'one', 1), (2, 1, 'two', 2), (3, NULL, REPEAT('x', 200), NULL), (4, NULL, NULL, NULL);
