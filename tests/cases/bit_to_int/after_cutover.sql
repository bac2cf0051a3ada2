UPDATE t SET a=0, b=7, c=5 WHERE id=1;
