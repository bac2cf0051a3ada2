UPDATE t SET a=8, b=9 WHERE id=3;
