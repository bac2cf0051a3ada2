CREATE TABLE t (id INT PRIMARY KEY, body TEXT, title VARCHAR(100), FULLTEXT KEY words (body, title), FULLTEXT KEY b (body));
INSERT INTO t VALUES (1, 'the quick brown fox', 'fox'), (2, 'jumps over', NULL);
