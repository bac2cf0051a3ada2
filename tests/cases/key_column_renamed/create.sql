CREATE TABLE t (id INT NOT NULL, region VARCHAR(10) NOT NULL, n INT, PRIMARY KEY (id, region));
INSERT INTO t VALUES (1, 'eu', 1), (1, 'us', 2), (2, 'eu', 3);
