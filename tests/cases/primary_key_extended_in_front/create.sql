CREATE TABLE t (code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL, day DATE NOT NULL, kind ENUM('x','y') NOT NULL, a INT, PRIMARY KEY (code));
INSERT INTO t VALUES ('one', '2026-01-01', 'x', 1), ('Zwei', '2026-01-01', 'y', 2), ('drei', '2026-01-02', 'x', 3);
