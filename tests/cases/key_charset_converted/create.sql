CREATE TABLE t (k VARCHAR(40) CHARACTER SET latin1 NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('Apple', 0), ('ärger', 1), ('ÿ', 2), ('zz', 3), ('', 4);
