UPDATE t SET a='ö', b='😀' WHERE id=2;
