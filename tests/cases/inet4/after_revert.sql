UPDATE t SET i = '8.8.8.8' WHERE id = 1;
