INSERT INTO t (k, a) VALUES ('h', 7);
UPDATE t SET k = 'z' WHERE k = 'g';
UPDATE t SET a = 50 WHERE k = 'f';
DELETE FROM t WHERE k = 'd';
DELETE FROM t WHERE k = 'm';
INSERT INTO t (k, a) VALUES ('m', 23);
