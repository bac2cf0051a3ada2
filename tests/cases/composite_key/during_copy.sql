UPDATE t SET a=22 WHERE tenant=1 AND name='b';
UPDATE t SET day='2024-05-05' WHERE tenant=2 AND day='2024-01-01';
