CREATE TABLE t (k CHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('', 0), ('a', 1), ('B', 2), ('öl', 3), ('日本', 4);
