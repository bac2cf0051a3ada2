UPDATE t SET s = '' WHERE id = 3;
