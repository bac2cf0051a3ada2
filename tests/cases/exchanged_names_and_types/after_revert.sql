UPDATE t SET a=33, b='drei' WHERE id=3;
