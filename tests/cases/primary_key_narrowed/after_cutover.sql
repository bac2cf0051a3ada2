UPDATE t SET region = 'nord', n = 6 WHERE id = 1;
UPDATE t SET a = 0 WHERE region = 'east';
UPDATE t SET id = 9 WHERE region = 'west';
INSERT INTO t VALUES ('north', 4, 4, 8);
DELETE FROM t WHERE id = 5;
INSERT INTO t VALUES ('north', 5, 5, 9);
