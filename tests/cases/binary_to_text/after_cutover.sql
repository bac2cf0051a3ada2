UPDATE t SET a='ascii', b='日本' WHERE id=1;
