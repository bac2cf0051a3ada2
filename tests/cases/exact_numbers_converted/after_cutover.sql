UPDATE t SET d = 7.25, f = 0.25, b = 3, y = 2155, i = 5 WHERE id = 3;
