CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10), b VARCHAR(20), c VARCHAR(3) NOT NULL);
INSERT INTO t VALUES (1, 'x', 'a,c', '3'), (2, 'ö', '', '1'), (3, NULL, NULL, '2'), (4, '10', 'a,b,c', '1');
