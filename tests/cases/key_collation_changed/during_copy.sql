INSERT INTO t (k, a) VALUES ('d', 5);
UPDATE t SET k = 'A' WHERE k = 'a';
DELETE FROM t WHERE k = 'B';
DELETE FROM t WHERE k = 'ä2';
INSERT INTO t (k, a) VALUES ('ä2', 22);
UPDATE t SET a = a + 10 WHERE k = 'C';
