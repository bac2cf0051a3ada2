INSERT INTO t (k, a) VALUES ('omega', 5);
UPDATE t SET k = 'ALPHA' WHERE k = 'alpha';
DELETE FROM t WHERE k = 'Beta';
DELETE FROM t WHERE k = 'GAMMA';
INSERT INTO t (k, a) VALUES ('GAMMA', 22);
UPDATE t SET a = a + 10 WHERE k = 'delta';
