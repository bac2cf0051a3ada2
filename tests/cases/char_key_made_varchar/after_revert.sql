INSERT INTO t (k, a) VALUES ('a', 1);
UPDATE t SET k = 'ß' WHERE k = 'B';
DELETE FROM t WHERE k = 'ÄÖ';
INSERT INTO t (k, a) VALUES ('ÄÖ', 77);
UPDATE t SET a = NULL WHERE k = '';
