CREATE TABLE t (k VARCHAR(40) CHARACTER SET ucs2 NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('', 0), ('a', 1), ('B', 2), ('öl', 3), ('日本', 4);
