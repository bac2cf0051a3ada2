CREATE TABLE t (id INT NOT NULL PRIMARY KEY, parent INT, n INT, gone VARCHAR(9) DEFAULT 'none');
INSERT INTO t VALUES (1, NULL, 1, 'g1'), (2, 1, 2, 'g2'), (3, 1, 3, 'g3'), (4, 3, 4, 'g4');
