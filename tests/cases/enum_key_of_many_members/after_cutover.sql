INSERT INTO t (k, a) VALUES ('m3', 7);
UPDATE t SET k = 'm0' WHERE k = 'm2';
UPDATE t SET a = 50 WHERE k = 'm1';
DELETE FROM t WHERE k = 'm257';
DELETE FROM t WHERE k = 'm256';
INSERT INTO t (k, a) VALUES ('m256', 23);
