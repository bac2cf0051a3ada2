CREATE TABLE t (k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('a', 0), ('B', 1), ('ä2', 2), ('C', 3), ('日本', 4);
