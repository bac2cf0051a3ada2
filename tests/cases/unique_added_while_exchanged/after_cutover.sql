UPDATE t SET a='x' WHERE id=1;
UPDATE t SET a='two' WHERE id=2;
UPDATE t SET a='one' WHERE id=1;
