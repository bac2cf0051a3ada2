CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(30) NOT NULL, login VARCHAR(30), UNIQUE KEY email (email), UNIQUE KEY both_of_them (login, email));
INSERT INTO t VALUES (1, 'a@x', 'a'), (2, 'b@x', 'b'), (3, 'c@x', NULL);
