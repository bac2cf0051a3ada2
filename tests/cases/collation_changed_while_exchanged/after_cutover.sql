UPDATE t SET a='x' WHERE id=1;
UPDATE t SET a='ghi' WHERE id=2;
