INSERT INTO t (code, n) VALUES ('ab', 4);
UPDATE t SET code = 'AB' WHERE n = 3;
