CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL, body TEXT, kind ENUM('a', 'b') NOT NULL DEFAULT 'b', KEY name (name)) DEFAULT CHARSET=latin1;
INSERT INTO t VALUES (1, 'äöüß', 'Ünïcödé', 'a'), (2, 'plain', NULL, 'b'), (3, '', REPEAT('é', 1000), 'b'), (4, '€', 'ÿ', 'a');
