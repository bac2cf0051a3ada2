INSERT INTO t (k, a) VALUES (b'11', 5);
UPDATE t SET k = b'111' WHERE k = b'1';
DELETE FROM t WHERE k = b'1111111111';
DELETE FROM t WHERE k = b'0';
INSERT INTO t (k, a) VALUES (b'0', 22);
UPDATE t SET a = a + 10 WHERE k = b'10';
