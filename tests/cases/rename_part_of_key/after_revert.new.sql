UPDATE t SET a='moved', id=10 WHERE customer=3;
