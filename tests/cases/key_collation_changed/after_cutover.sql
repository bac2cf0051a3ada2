INSERT INTO t (k, a) VALUES ('é', 7);
UPDATE t SET k = 'a' WHERE k = 'A';
UPDATE t SET a = 50 WHERE k = 'd';
DELETE FROM t WHERE k = 'C';
DELETE FROM t WHERE k = 'ä2';
INSERT INTO t (k, a) VALUES ('ä2', 23);
