CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a VARCHAR(9), gone VARCHAR(9) DEFAULT 'none', UNIQUE KEY a (a));
INSERT INTO t VALUES (1, 'one', 'g1'), (2, 'two', 'g2'), (3, 'three', 'g3');
