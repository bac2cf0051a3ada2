CREATE TABLE t (k SET('a','b','c','d') NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('', 0), ('a', 1), ('a,b', 2), ('d', 3), ('a,b,c,d', 4);
