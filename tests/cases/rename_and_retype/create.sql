CREATE TABLE t (id INT PRIMARY KEY, amount INT, note VARCHAR(10) DEFAULT 'none');
INSERT INTO t VALUES (1, 100, 'one'), (2, -5, NULL), (3, NULL, '');
