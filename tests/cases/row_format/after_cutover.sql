UPDATE t SET a='short' WHERE id=1;
