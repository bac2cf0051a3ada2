UPDATE t SET a=REPEAT('ö', 30), b='short' WHERE id=1;
