INSERT INTO t (id, region, n) VALUES (4, 'us', 5);
UPDATE t SET id = 20 WHERE n = 2;
