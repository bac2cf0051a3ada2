INSERT INTO t (k, a) VALUES ('é', 7);
UPDATE t SET k = 'Apple' WHERE k = 'apple';
UPDATE t SET a = 50 WHERE k = 'ab';
DELETE FROM t WHERE k = 'zz';
DELETE FROM t WHERE k = 'ÿ';
INSERT INTO t (k, a) VALUES ('ÿ', 23);
