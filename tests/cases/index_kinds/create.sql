CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(100) NOT NULL, b TEXT, c INT, d INT, KEY c (c), UNIQUE KEY d (d)) DEFAULT CHARSET=utf8mb4;
INSERT INTO t VALUES (1, 'one', 'text one', 1, 1), (2, 'two', 'text two', 2, 2), (3, 'three', NULL, NULL, NULL);
