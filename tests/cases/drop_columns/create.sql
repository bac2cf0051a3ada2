CREATE TABLE t (id INT PRIMARY KEY, a INT, title VARCHAR(40) DEFAULT 'none', b INT, note TEXT, at DATETIME(6) DEFAULT '2001-01-01', KEY title (title));
INSERT INTO t VALUES (1, 1, 'first', 10, 'n1', NULL), (2, 2, NULL, 20, NULL, '2024-01-01 00:00:00.123456'), (3, 3, '', 30, 'ä😀', '2024-01-01'), (4, 4, 'fourth', 40, 'n4', '1999-09-09'), (5, 5, 'fifth', 50, 'n5', '1999-09-09');
