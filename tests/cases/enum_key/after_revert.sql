INSERT INTO t (k, a) VALUES ('a', 1);
UPDATE t SET k = '' WHERE k = 'm';
DELETE FROM t WHERE k = 'y';
INSERT INTO t (k, a) VALUES ('y', 77);
UPDATE t SET a = NULL WHERE k = 'z';
