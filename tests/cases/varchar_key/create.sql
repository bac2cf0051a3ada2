CREATE TABLE t (name VARCHAR(40) NOT NULL PRIMARY KEY, a INT, gone INT DEFAULT 9) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO t VALUES ('Apple', 1, 1), ('banana', 2, 2), ('Zebra', 3, 3), ('ärger', 4, 4), ('', 5, 5), ('日本', 6, 6), ('x y', 7, 7), ('😀', 8, 8);
