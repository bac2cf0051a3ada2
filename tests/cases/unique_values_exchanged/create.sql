CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b VARCHAR(20), c INT DEFAULT 3, UNIQUE KEY a (a), UNIQUE KEY b (b));
INSERT INTO t VALUES (1, 1, 'one', 1), (2, 2, 'two', 2), (3, 3, 'three', 3), (4, 4, 'four', 4);
