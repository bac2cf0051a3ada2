UPDATE t SET aa=33, b='drei' WHERE id=3;
