UPDATE t SET a=0.3, b=0.7 WHERE id=3;
