UPDATE t SET b='x' WHERE a=4;
