CREATE TABLE t (id INT PRIMARY KEY, body TEXT, title VARCHAR(100));
INSERT INTO t VALUES (1, 'the quick brown fox', 'fox'), (2, 'jumps over', NULL), (3, NULL, 'the lazy dog');
