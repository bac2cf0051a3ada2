INSERT INTO t (k, a) VALUES ('m1', 5);
UPDATE t SET k = 'm2' WHERE k = 'm0';
DELETE FROM t WHERE k = 'm255';
DELETE FROM t WHERE k = 'm256';
INSERT INTO t (k, a) VALUES ('m256', 22);
UPDATE t SET a = a + 10 WHERE k = 'm257';
