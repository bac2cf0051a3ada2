UPDATE t SET a='zwei', b='ÿ' WHERE id=2;
