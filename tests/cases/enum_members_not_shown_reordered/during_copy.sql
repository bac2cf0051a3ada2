INSERT INTO t VALUES (5, '😁', 5), (6, '?', 6);
UPDATE t SET e = '😀' WHERE id = 1;
