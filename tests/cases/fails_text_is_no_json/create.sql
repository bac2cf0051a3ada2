CREATE TABLE t (id INT PRIMARY KEY, doc TEXT);
INSERT INTO t VALUES (1, '{"a": 1}'), (2, '{"a": oops}'), (3, NULL);
