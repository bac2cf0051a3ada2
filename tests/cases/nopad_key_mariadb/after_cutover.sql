INSERT INTO t (k, a) VALUES (' a', 7);
UPDATE t SET k = 'a' WHERE k = 'c ';
UPDATE t SET a = 50 WHERE k = 'b ';
DELETE FROM t WHERE k = 'b';
DELETE FROM t WHERE k = 'a  ';
INSERT INTO t (k, a) VALUES ('a  ', 23);
