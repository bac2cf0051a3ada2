CREATE TABLE t (id INT PRIMARY KEY, a INT, twice INT GENERATED ALWAYS AS (a*2) STORED, thrice INT GENERATED ALWAYS AS (a*3) VIRTUAL, b VARCHAR(20), KEY twice (twice));
INSERT INTO t (id, a, b) VALUES (1, 1, 'one'), (2, NULL, NULL), (3, 3, 'three');
