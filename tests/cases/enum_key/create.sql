CREATE TABLE t (k ENUM('z','a','m','it''s','','b?','q','x','y') NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('z', 0), ('a', 1), ('m', 2), ('it''s', 3), ('b?', 4);
