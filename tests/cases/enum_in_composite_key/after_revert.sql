UPDATE t SET kind = 'early' WHERE id = 2;
DELETE FROM t WHERE id = 9;
