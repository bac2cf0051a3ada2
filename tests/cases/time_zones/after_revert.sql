SET time_zone = '-11:30';
UPDATE t SET ts = '2000-01-01 00:00:00' WHERE id = 5;
