CREATE TABLE t (id INT NOT NULL, region INT NOT NULL, a INT, PRIMARY KEY (id), UNIQUE KEY u (region, id));
INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3);
