INSERT INTO t (k, a) VALUES ('::20', 7);
UPDATE t SET k = '::' WHERE k = '2001:db8::';
UPDATE t SET a = 50 WHERE k = '2001:db8::20';
DELETE FROM t WHERE k = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
DELETE FROM t WHERE k = 'ff::';
INSERT INTO t (k, a) VALUES ('ff::', 23);
