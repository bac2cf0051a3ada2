CREATE TABLE t (id INT PRIMARY KEY, a INT, code INT NOT NULL, name VARCHAR(20) NOT NULL, day DATE NOT NULL, raw BLOB NOT NULL, kind ENUM('k','l') NOT NULL);
INSERT INTO t VALUES (1, 1, 11, 'one', '2024-01-01', 'r1', 'l'), (2, 2, 22, 'two', '2024-02-02', x'00', 'k');
