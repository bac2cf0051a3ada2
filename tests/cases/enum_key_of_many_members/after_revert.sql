INSERT INTO t (k, a) VALUES ('m255', 1);
UPDATE t SET k = 'm4' WHERE k = 'm256';
DELETE FROM t WHERE k = 'm3';
INSERT INTO t (k, a) VALUES ('m3', 77);
UPDATE t SET a = NULL WHERE k = 'm0';
