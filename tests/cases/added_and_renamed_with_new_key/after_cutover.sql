UPDATE t SET a='x', a2=11 WHERE id=1;
