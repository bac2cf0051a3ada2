INSERT INTO t (k, a) VALUES ('2001:db8::20', 5);
UPDATE t SET k = '2001:db8::' WHERE k = '::';
DELETE FROM t WHERE k = '::1';
DELETE FROM t WHERE k = 'ff::';
INSERT INTO t (k, a) VALUES ('ff::', 22);
UPDATE t SET a = a + 10 WHERE k = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
