CREATE TABLE t (id INT PRIMARY KEY, a ENUM('x','y','z'));
INSERT INTO t VALUES (1, 'x'), (55, 'z');
