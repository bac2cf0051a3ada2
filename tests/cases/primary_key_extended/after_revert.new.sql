UPDATE t SET region = 'x' WHERE id IN (1, 4);
DELETE FROM t WHERE id = 9;
INSERT INTO t VALUES (9, 'z', 99);
UPDATE t SET id = id + 100 WHERE id = -4;
