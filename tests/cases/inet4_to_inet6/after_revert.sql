UPDATE t SET i = '7.7.7.7' WHERE id = 2;
