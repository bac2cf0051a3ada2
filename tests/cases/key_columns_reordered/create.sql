CREATE TABLE t (a INT NOT NULL, b VARCHAR(20) NOT NULL, c ENUM('x','y') NOT NULL, n INT, PRIMARY KEY (a, b, c));
INSERT INTO t VALUES (1, 'one', 'x', 1), (1, 'one', 'y', 2), (1, 'two', 'x', 3), (2, 'one', 'x', 4);
