UPDATE t SET a='ö', b='本' WHERE id=2;
