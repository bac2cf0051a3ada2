CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10));
INSERT INTO t VALUES (1, 1, 'one'), (2, NULL, ''), (3, 3, 'three');
