UPDATE t SET region = 'nord' WHERE id = 1;
UPDATE t SET a = 0 WHERE region = 'east';
UPDATE t SET id = 9 WHERE region = 'west';
START TRANSACTION;
DELETE FROM t WHERE id = -4;
INSERT INTO t VALUES (-4, 'anew', 44, 7);
COMMIT;
INSERT INTO t VALUES (4, 'north', 4, 7);
