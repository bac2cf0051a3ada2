CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(300), b INT);
INSERT INTO t VALUES (1, 'short', 1), (2, CONCAT('begin', REPEAT('x', 200), 'end'), 2);
