CREATE TABLE t (region VARCHAR(20) NOT NULL, id INT NOT NULL, PRIMARY KEY (region, id));
INSERT INTO t VALUES ('north', 1), ('south', 2), ('south', 1);
