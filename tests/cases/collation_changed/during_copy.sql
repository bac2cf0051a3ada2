UPDATE t SET a='C', b='b' WHERE id=2;
