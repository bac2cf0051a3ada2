UPDATE t SET a=9, b=10, c=11.25 WHERE id=2;
