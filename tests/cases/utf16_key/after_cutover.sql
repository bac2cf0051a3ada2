INSERT INTO t (k, a) VALUES ('ÄÖ', 7);
UPDATE t SET k = '' WHERE k = 'Z1';
UPDATE t SET a = 50 WHERE k = 'z z';
DELETE FROM t WHERE k = 'öl';
DELETE FROM t WHERE k = 'B';
INSERT INTO t (k, a) VALUES ('B', 23);
