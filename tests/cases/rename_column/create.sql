CREATE TABLE t (id INT PRIMARY KEY, old_name INT, b INT, KEY k (old_name));
INSERT INTO t VALUES (1, 1, 10), (2, 2, 20), (3, NULL, 30);
