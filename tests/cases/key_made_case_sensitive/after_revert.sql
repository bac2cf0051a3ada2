INSERT INTO t (k, a) VALUES ('B', 1);
UPDATE t SET k = 'ß' WHERE k = 'ä2';
DELETE FROM t WHERE k = 'é';
INSERT INTO t (k, a) VALUES ('é', 77);
UPDATE t SET a = NULL WHERE k = 'a';
