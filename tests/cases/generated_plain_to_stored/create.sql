CREATE TABLE t (id INT PRIMARY KEY, a INT, p INT, q INT DEFAULT 3, KEY p (p));
INSERT INTO t (id, a, p, q) VALUES (1, 1, 10, 5), (2, NULL, NULL, 5), (3, 3, 30, 5);
