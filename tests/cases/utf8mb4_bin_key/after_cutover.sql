INSERT INTO t (k, a) VALUES ('é', 7);
UPDATE t SET k = 'a' WHERE k = '日';
UPDATE t SET a = 50 WHERE k = '日本';
DELETE FROM t WHERE k = 'Ä';
DELETE FROM t WHERE k = 'ä';
INSERT INTO t (k, a) VALUES ('ä', 23);
