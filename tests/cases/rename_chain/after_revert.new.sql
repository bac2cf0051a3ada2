UPDATE t SET b=33, c='drei' WHERE id=3;
