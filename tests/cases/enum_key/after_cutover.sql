INSERT INTO t (k, a) VALUES ('y', 7);
UPDATE t SET k = 'z' WHERE k = 'x';
UPDATE t SET a = 50 WHERE k = 'q';
DELETE FROM t WHERE k = 'it''s';
DELETE FROM t WHERE k = 'm';
INSERT INTO t (k, a) VALUES ('m', 23);
