CREATE TABLE t (e ENUM('z','a','m') NOT NULL, a INT, PRIMARY KEY (e));
INSERT INTO t VALUES ('z', 1), ('a', 2);
