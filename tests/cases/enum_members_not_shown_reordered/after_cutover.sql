INSERT INTO t VALUES (7, '😁', 7);
UPDATE t SET e = '?' WHERE id = 2;
