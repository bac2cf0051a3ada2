UPDATE t SET a='three' WHERE id=3;
