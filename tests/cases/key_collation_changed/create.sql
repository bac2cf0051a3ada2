CREATE TABLE t (name VARCHAR(40) NOT NULL PRIMARY KEY, a INT) DEFAULT CHARSET=latin1;
INSERT INTO t VALUES ('Apple', 1), ('ärger', 4), ('ÿ', 5), ('zz', 6);
