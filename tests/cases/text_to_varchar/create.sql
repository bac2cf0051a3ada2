CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b MEDIUMTEXT NOT NULL, c VARCHAR(10)) DEFAULT CHARSET=utf8mb4;
INSERT INTO t VALUES (1, 'one 😀', REPEAT('é', 300), 'c'), (2, '', ' trailing ', ''), (3, NULL, '', NULL);
