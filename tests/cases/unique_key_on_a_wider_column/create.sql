CREATE TABLE t (code CHAR(8) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL, n INT NOT NULL, UNIQUE KEY code (code), KEY n (n));
INSERT INTO t VALUES ('aB', 1), ('Ab', 2), ('c', 3);
