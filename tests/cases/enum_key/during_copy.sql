INSERT INTO t (k, a) VALUES ('q', 5);
UPDATE t SET k = 'x' WHERE k = 'z';
DELETE FROM t WHERE k = 'a';
DELETE FROM t WHERE k = 'm';
INSERT INTO t (k, a) VALUES ('m', 22);
UPDATE t SET a = a + 10 WHERE k = 'it''s';
