CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(30), b TEXT, c CHAR(5), UNIQUE KEY a (a)) DEFAULT CHARSET=utf8mb4;
INSERT INTO t VALUES (1, 'é', 'ÿ€', 'ß'), (2, 'plain', '', ''), (3, NULL, NULL, NULL);
