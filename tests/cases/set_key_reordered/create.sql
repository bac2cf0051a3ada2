CREATE TABLE t (k SET('a','b') NOT NULL PRIMARY KEY, a INT);
INSERT INTO t VALUES ('a', 1), ('a,b', 2);
