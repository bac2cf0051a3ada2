UPDATE t SET a='y' WHERE id=1;
UPDATE t SET a='x' WHERE id=2;
UPDATE t SET a='one' WHERE id=1;
