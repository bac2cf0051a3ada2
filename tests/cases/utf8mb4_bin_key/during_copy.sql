INSERT INTO t (k, a) VALUES ('日本', 5);
UPDATE t SET k = '日' WHERE k = 'a';
DELETE FROM t WHERE k = 'A';
DELETE FROM t WHERE k = 'ä';
INSERT INTO t (k, a) VALUES ('ä', 22);
UPDATE t SET a = a + 10 WHERE k = 'Ä';
