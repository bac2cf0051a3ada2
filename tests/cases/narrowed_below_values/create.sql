CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(50));
INSERT INTO t VALUES (1, 'short'), (77, 'much too long for the new column');
