UPDATE t SET code = 'C' WHERE n = 3;
DELETE FROM t WHERE n = 1;
