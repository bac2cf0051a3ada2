UPDATE t SET a='ascii', b='e', c='AB' WHERE id=1;
