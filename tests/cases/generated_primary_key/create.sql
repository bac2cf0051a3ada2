SET sql_generate_invisible_primary_key=1;
CREATE TABLE t (a INT, b VARCHAR(20), gone INT);
INSERT INTO t VALUES (1, 'one', 1), (1, 'one', 1), (NULL, NULL, NULL);
