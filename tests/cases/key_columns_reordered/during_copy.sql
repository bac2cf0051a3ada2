INSERT INTO t VALUES (0, '', 'y', 5);
UPDATE t SET a = 9 WHERE n = 1;
