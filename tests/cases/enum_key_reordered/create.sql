CREATE TABLE t (k ENUM('z','a','m','d','e','f','g','h','i') NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('z', 0), ('a', 1), ('m', 2), ('d', 3), ('e', 4);
