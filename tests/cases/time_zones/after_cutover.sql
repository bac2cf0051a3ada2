SET time_zone = '+08:00';
INSERT INTO t (id, ts, dt, n) VALUES (6, '2024-10-27 09:00:00', '2024-10-27 09:00:00', 6);
UPDATE t SET at = '2024-10-27 01:00:00' WHERE id = 3;
