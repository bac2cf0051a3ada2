CREATE TABLE t (id INT PRIMARY KEY, a ENUM('x','y y','ö','10'), b SET('a','b','c'), c ENUM('1','2','3') NOT NULL);
INSERT INTO t VALUES (1, 'x', 'a,c', '3'), (2, 'ö', '', '1'), (3, NULL, NULL, '2'), (4, '10', 'a,b,c', '1');
