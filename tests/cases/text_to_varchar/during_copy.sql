UPDATE t SET a='zwei', c='x' WHERE id=2;
