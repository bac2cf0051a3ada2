CREATE TABLE t (id INT, a INT, b INT, PRIMARY KEY (id DESC), KEY ab (a DESC, b), KEY b (b DESC));
INSERT INTO t VALUES (1, 1, 1), (2, 2, NULL), (3, 3, 3);
