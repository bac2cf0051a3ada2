UPDATE t SET amount=33, label='drei' WHERE id=3;
