INSERT INTO t (k, a) VALUES ('ab', 5);
UPDATE t SET k = 'apple' WHERE k = 'Apple';
DELETE FROM t WHERE k = 'ärger';
DELETE FROM t WHERE k = 'ÿ';
INSERT INTO t (k, a) VALUES ('ÿ', 22);
UPDATE t SET a = a + 10 WHERE k = 'zz';
