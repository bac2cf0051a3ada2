CREATE TABLE t (tenant INT NOT NULL, day DATE NOT NULL, name VARCHAR(30) NOT NULL, a INT, gone INT DEFAULT 9, PRIMARY KEY (tenant, day, name));
INSERT INTO t VALUES (1, '2024-01-01', 'a', 1, 1), (1, '2024-01-01', 'b', 2, 2), (1, '2024-01-02', 'a', 3, 3), (2, '2024-01-01', 'a', 4, 4), (-1, '1000-01-01', '', 5, 5), (2, '9999-12-31', 'ä', 6, 6);
