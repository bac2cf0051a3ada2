UPDATE t SET s = 'm62' WHERE id = 2;
