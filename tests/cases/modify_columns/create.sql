CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b INT, c CHAR(5) NOT NULL, d TEXT, e INT NOT NULL DEFAULT 3);
INSERT INTO t VALUES (1, 'a', 1, 'c', 'd', 1), (2, 'long enough', 2, 'cc', '', 2), (3, '', 0, '', NULL, 3);
