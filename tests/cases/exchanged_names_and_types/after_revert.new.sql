UPDATE t SET b=33, a='drei' WHERE id=3;
