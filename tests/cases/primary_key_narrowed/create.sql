CREATE TABLE t (region VARCHAR(20) NOT NULL, id INT NOT NULL, a INT, PRIMARY KEY (region, id));
INSERT INTO t VALUES ('north', 1, 1), ('north', 2, 2), ('south', 3, 3), ('Süd', -4, 4);
