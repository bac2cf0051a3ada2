CREATE TABLE t (id INT PRIMARY KEY, j JSON, a INT, KEY zips ((CAST(j->'$.zip' AS UNSIGNED ARRAY))));
INSERT INTO t VALUES (1, '{"zip": [1, 2, 3]}', 1), (2, '{"zip": []}', 2), (3, NULL, 3);
