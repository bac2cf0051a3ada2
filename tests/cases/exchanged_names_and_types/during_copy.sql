UPDATE t SET a=22, b='zwei' WHERE id=2;
