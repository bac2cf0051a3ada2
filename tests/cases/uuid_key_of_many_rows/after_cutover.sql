UPDATE t SET a = -a WHERE a % 5 = 0;
