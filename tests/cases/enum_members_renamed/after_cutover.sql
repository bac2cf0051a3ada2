UPDATE t SET e = 'a,b' WHERE id = 3;
