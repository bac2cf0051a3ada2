CREATE TABLE t (id INT NOT NULL PRIMARY KEY, e ENUM('a', '😀', '?', 'b?c', '😁') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, s SET('x', '😁', '?') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, a INT);
INSERT INTO t VALUES (1, 'a', 'x', 1), (2, '😀', '😁', 2), (3, '?', 'x,?', 3), (4, 'b?c', 'x,😁,?', 4), (5, '😁', '', 5), (6, NULL, NULL, 6);
