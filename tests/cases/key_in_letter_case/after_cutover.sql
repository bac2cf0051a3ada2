INSERT INTO t (k, a) VALUES ('Ömega2', 7);
UPDATE t SET k = 'alpha' WHERE k = 'ALPHA';
UPDATE t SET a = 50 WHERE k = 'omega';
DELETE FROM t WHERE k = 'delta';
DELETE FROM t WHERE k = 'GAMMA';
INSERT INTO t (k, a) VALUES ('GAMMA', 23);
