INSERT INTO t (k, a) VALUES ('b ', 5);
UPDATE t SET k = 'c ' WHERE k = 'a';
DELETE FROM t WHERE k = 'a ';
DELETE FROM t WHERE k = 'a  ';
INSERT INTO t (k, a) VALUES ('a  ', 22);
UPDATE t SET a = a + 10 WHERE k = 'b';
