CREATE TABLE t (id INT NOT NULL PRIMARY KEY, u INT, n INT, gone VARCHAR(9) DEFAULT 'none', UNIQUE KEY u (u));
INSERT INTO t VALUES (1, 1, 1, 'g1'), (2, 2, 1, 'g2'), (3, 3, 1, 'g3'), (4, 4, 4, 'g4');
