CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT, code VARCHAR(20) NOT NULL, a INT, PRIMARY KEY (id), UNIQUE KEY code (code));
INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3);
