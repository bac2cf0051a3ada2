INSERT INTO t (user_id, region, n) VALUES (4, 'us', 5);
UPDATE t SET user_id = 20 WHERE n = 2;
