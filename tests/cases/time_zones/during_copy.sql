SET time_zone = '-11:30';
INSERT INTO t (id, ts, dt, n) VALUES (5, '2024-10-27 03:30:00.999', '2024-10-27 03:30:00.999', 5);
SET time_zone = '+08:00';
UPDATE t SET ts = '2038-01-19 11:14:07.5' WHERE id = 1;
SET time_zone = 'SYSTEM';
UPDATE t SET ts = '2024-03-31 01:59:59.999', at = '2024-03-31 02:00:00' WHERE id = 2;
