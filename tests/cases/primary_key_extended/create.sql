CREATE TABLE t (id INT NOT NULL, region VARCHAR(20) NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (id));
INSERT INTO t VALUES (1, 'north', 1, 1), (2, 'north', 2, 2), (3, 'south', 3, 3), (-4, 'Süd', 4, 4);
