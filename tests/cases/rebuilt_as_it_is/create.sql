CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT, KEY a (a)) COMMENT='"quoted" `ticks` \\ é';
INSERT INTO t VALUES (1, 1), (2, 2);
