INSERT INTO t (k, a) VALUES ('a', 1);
UPDATE t SET k = '表' WHERE k = 'B';
DELETE FROM t WHERE k = '國';
INSERT INTO t (k, a) VALUES ('國', 77);
UPDATE t SET a = NULL WHERE k = '';
