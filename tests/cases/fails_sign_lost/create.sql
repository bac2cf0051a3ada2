CREATE TABLE t (tenant INT, id INT, a INT, PRIMARY KEY (tenant, id));
INSERT INTO t VALUES (1, 1, 1), (1, 2, 0), (2, 1, -1);
