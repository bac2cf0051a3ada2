UPDATE t SET a='moved', id=10 WHERE tenant=3;
