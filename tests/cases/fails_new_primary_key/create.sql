CREATE TABLE t (id INT NOT NULL, code CHAR(4) NOT NULL, a INT, PRIMARY KEY (id));
INSERT INTO t VALUES (1, 'aa', 1), (2, 'bb', 2), (3, 'aa', 3);
