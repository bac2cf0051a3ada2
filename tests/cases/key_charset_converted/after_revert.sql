INSERT INTO t (k, a) VALUES ('ärger', 1);
UPDATE t SET k = 'ß' WHERE k = 'ÿ';
DELETE FROM t WHERE k = 'é';
INSERT INTO t (k, a) VALUES ('é', 77);
UPDATE t SET a = NULL WHERE k = 'Apple';
