CREATE TABLE t (id INT PRIMARY KEY, doc JSON, n INT DEFAULT 1);
INSERT INTO t VALUES (1, '{"a": 1, "b": {"c": "long enough to be worth replacing"}}', 1), (2, '[1, 2, 3, 4]', 2), (3, NULL, 3);
