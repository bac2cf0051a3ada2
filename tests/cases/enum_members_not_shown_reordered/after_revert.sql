INSERT INTO t VALUES (8, '😀', 8);
UPDATE t SET e = '😁' WHERE id = 6;
