UPDATE t SET a='plain', b='ü' WHERE id=1;
