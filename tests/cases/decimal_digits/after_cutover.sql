UPDATE t SET a=1.25, b=-1.5, c=3.25 WHERE id=1;
