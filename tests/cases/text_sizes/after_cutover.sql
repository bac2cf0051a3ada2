UPDATE t SET a=REPEAT('é', 100), d='short' WHERE id=1;
