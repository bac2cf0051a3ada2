CREATE TABLE t (k SET('a','b','c','d','e','f','g','h','i') NOT NULL PRIMARY KEY, a INT);
INSERT INTO t VALUES ('a', 1);
