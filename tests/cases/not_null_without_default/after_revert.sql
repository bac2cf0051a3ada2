UPDATE t SET a=5, name='five' WHERE id=4;
