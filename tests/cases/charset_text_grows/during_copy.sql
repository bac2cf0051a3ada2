UPDATE t SET a='ö', b='ü' WHERE id=2;
