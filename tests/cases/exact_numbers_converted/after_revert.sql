UPDATE t SET f = 0.125, b = 0x0100 WHERE id = 1;
