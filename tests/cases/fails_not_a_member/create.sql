CREATE TABLE t (id INT PRIMARY KEY, size VARCHAR(30));
INSERT INTO t VALUES (1, 'small'), (2, 'huge');
