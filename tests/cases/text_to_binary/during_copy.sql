UPDATE t SET a='zwei', b='ÿ', c='ß' WHERE id=2;
