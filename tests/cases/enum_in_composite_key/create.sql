CREATE TABLE t (kind ENUM('late','early','never') NOT NULL, id INT NOT NULL, name VARCHAR(20), PRIMARY KEY (kind, id));
INSERT INTO t VALUES ('late', 1, 'a'), ('late', 2, 'b'), ('early', 1, 'c'), ('never', -1, 'd'), ('never', 5, 'e');
