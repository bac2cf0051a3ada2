CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(9) DEFAULT 'b', c INT DEFAULT 3, KEY c (c), KEY ac (a, c));
INSERT INTO t VALUES (1, 1, 'one', 1), (2, 2, 'two', NULL);
