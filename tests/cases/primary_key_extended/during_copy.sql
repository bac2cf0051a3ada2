UPDATE t SET region = 'east' WHERE id = 2;
DELETE FROM t WHERE id = 3;
INSERT INTO t VALUES (3, 'west', 33, 34);
UPDATE t SET id = 5, region = 'south' WHERE id = 1;
INSERT INTO t VALUES (1, 'north', 10, 11);
