UPDATE t SET a='ö' WHERE id=2;
