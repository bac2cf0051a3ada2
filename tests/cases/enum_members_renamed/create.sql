CREATE TABLE t (id INT NOT NULL PRIMARY KEY, e ENUM('old','  lead','a,b','keep') CHARACTER SET latin1, n INT);
INSERT INTO t VALUES (1, '  lead', 1), (2, 'a,b', 2), (3, 'keep', 3), (4, NULL, 4);
