CREATE TABLE t (id INT NOT NULL PRIMARY KEY, e ENUM('a', '😀', '?', '😁') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, a INT);
INSERT INTO t VALUES (1, 'a', 1), (2, '😀', 2), (3, '?', 3), (4, '😁', 4);
