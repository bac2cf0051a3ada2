INSERT INTO t (k, a) VALUES ('A', 1);
UPDATE t SET k = 'ß' WHERE k = 'ä';
DELETE FROM t WHERE k = 'é';
INSERT INTO t (k, a) VALUES ('é', 77);
UPDATE t SET a = NULL WHERE k = 'a';
