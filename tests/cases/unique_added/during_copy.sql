UPDATE t SET b=10 WHERE id=1;
UPDATE t SET b=1, a='zwei' WHERE id=2;
UPDATE t SET a='two' WHERE id=1;
