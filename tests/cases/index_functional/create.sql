CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(20), gone INT, KEY plus_one ((a+1)), UNIQUE KEY upper_b ((UPPER(b)), a), KEY of_gone ((gone*2), a));
INSERT INTO t VALUES (1, 1, 'one', 1), (2, 2, 'two', 2), (3, NULL, NULL, NULL);
