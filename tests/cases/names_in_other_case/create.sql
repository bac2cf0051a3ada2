CREATE TABLE t (ID INT NOT NULL PRIMARY KEY, UserName VARCHAR(20), Gone INT, Kept INT DEFAULT 1, KEY ByName (UserName));
INSERT INTO t VALUES (1, 'one', 1, 1), (2, 'two', 2, 2);
