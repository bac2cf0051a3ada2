START TRANSACTION;
DELETE FROM t WHERE region = 'north' AND id = 4;
INSERT INTO t VALUES ('a', 4, 40);
COMMIT;
UPDATE t SET region = 'x' WHERE id = 1;
UPDATE t SET id = id + 100 WHERE region = 'Süd';
