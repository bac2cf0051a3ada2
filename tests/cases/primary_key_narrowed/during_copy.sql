UPDATE t SET region = 'east' WHERE id = 2;
START TRANSACTION;
DELETE FROM t WHERE id = 3;
INSERT INTO t VALUES ('west', 3, 33);
COMMIT;
UPDATE t SET id = 5, region = 'south' WHERE id = 1;
INSERT INTO t VALUES ('north', 1, 10);
