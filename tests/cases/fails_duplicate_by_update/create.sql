CREATE TABLE t (a INT, b INT, id INT PRIMARY KEY, KEY a (a));
INSERT INTO t VALUES (1, 1, 1), (1, 2, 2), (2, 1, 3);
