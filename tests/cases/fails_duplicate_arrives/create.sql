CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(50));
INSERT INTO t VALUES (1, 'a@x'), (2, 'b@x'), (3, NULL);
