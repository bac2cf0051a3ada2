UPDATE t SET a='ascii', b='e', c=x'00410042' WHERE id=1;
