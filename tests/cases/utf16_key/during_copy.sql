INSERT INTO t (k, a) VALUES ('z z', 5);
UPDATE t SET k = 'Z1' WHERE k = '';
DELETE FROM t WHERE k = 'a';
DELETE FROM t WHERE k = 'B';
INSERT INTO t (k, a) VALUES ('B', 22);
UPDATE t SET a = a + 10 WHERE k = 'öl';
