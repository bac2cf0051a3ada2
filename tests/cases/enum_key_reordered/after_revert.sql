INSERT INTO t (k, a) VALUES ('a', 1);
UPDATE t SET k = 'i' WHERE k = 'm';
DELETE FROM t WHERE k = 'h';
INSERT INTO t (k, a) VALUES ('h', 77);
UPDATE t SET a = NULL WHERE k = 'z';
