INSERT INTO t (k, a) VALUES ('::1', 1);
UPDATE t SET k = '2700::5c' WHERE k = 'ff::';
DELETE FROM t WHERE k = '::20';
INSERT INTO t (k, a) VALUES ('::20', 77);
UPDATE t SET a = NULL WHERE k = '::';
