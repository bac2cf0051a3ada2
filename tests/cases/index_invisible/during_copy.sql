UPDATE t SET a=22, c='b' WHERE id=2;
