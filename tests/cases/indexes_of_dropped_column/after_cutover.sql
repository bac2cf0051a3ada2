UPDATE t SET a=9, c=9 WHERE id=2;
