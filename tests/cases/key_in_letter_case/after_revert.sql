INSERT INTO t (k, a) VALUES ('Beta', 1);
UPDATE t SET k = 'zeta' WHERE k = 'GAMMA';
DELETE FROM t WHERE k = 'Ömega2';
INSERT INTO t (k, a) VALUES ('Ömega2', 77);
UPDATE t SET a = NULL WHERE k = 'alpha';
