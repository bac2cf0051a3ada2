CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, v VARCHAR(9), PRIMARY KEY (a, b));
INSERT INTO t VALUES (1, 2, '1-2'), (2, 1, '2-1'), (1, 1, '1-1'), (3, 1, '3-1');
