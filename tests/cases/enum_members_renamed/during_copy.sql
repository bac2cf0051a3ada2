INSERT INTO t VALUES (5, 'keep', 5);
UPDATE t SET e = '  lead' WHERE id = 2;
