UPDATE t SET a='y y', b='b' WHERE id=2;
