CREATE TABLE t (tenant INT NOT NULL, id INT NOT NULL, a VARCHAR(9), PRIMARY KEY (tenant, id));
INSERT INTO t VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c');
