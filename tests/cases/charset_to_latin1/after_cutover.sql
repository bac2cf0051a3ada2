UPDATE t SET a='ñ', c='å' WHERE id=1;
