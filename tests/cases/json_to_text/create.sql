CREATE TABLE t (id INT PRIMARY KEY, a JSON, b LONGTEXT);
INSERT INTO t VALUES (1, '{"a": 1, "b": [1, 2.5, null, "x"]}', '{"z": [true, false]}'), (2, '[]', '"text"'), (3, NULL, NULL);
