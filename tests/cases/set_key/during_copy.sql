INSERT INTO t (k, a) VALUES ('b', 5);
UPDATE t SET k = 'b,c' WHERE k = '';
DELETE FROM t WHERE k = 'a';
DELETE FROM t WHERE k = 'a,b';
INSERT INTO t (k, a) VALUES ('a,b', 22);
UPDATE t SET a = a + 10 WHERE k = 'd';
