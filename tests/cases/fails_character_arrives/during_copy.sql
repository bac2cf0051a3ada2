UPDATE t SET a='no 😀' WHERE id=1;
