UPDATE t SET a='10', b='a,b', c='2' WHERE id=1;
