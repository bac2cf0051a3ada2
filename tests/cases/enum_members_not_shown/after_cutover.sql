INSERT INTO t (id, e, s) VALUES (9, '😀', '😁,?');
UPDATE t SET e = '😁' WHERE id = 2;
