CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(30), b VARCHAR(30) COLLATE utf8mb4_bin, UNIQUE KEY a (a), KEY b (b)) DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_general_ci;
INSERT INTO t VALUES (1, 'a', 'A'), (2, 'B', 'a'), (3, NULL, 'ä');
