INSERT INTO t (k, a) VALUES ('國', 7);
UPDATE t SET k = '' WHERE k = 'Z';
UPDATE t SET a = 50 WHERE k = 'z z';
DELETE FROM t WHERE k = '汉字';
DELETE FROM t WHERE k = 'B';
INSERT INTO t (k, a) VALUES ('B', 23);
