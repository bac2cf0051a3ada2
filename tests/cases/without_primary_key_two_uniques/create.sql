CREATE TABLE t (a INT, b INT NOT NULL, c CHAR(3) NOT NULL, v INT, UNIQUE KEY a (a), UNIQUE KEY bc (b, c));
INSERT INTO t VALUES (1, 1, 'x', 1), (NULL, 1, 'y', 2), (NULL, 2, 'x', 3);
