UPDATE t SET region = 'asia' WHERE n = 3;
