CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(20) NOT NULL, title VARCHAR(9) DEFAULT 'none', UNIQUE KEY email (email));
INSERT INTO t VALUES (1, 'a@x', 't1'), (2, 'b@x', 't2'), (3, 'c@x', 't3');
