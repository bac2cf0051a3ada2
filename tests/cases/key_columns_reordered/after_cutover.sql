UPDATE t SET c = 'y' WHERE n = 3;
INSERT INTO t VALUES (3, 'z', 'x', 6);
