INSERT INTO t (id, e, s, a) VALUES (7, '😁', '😁', 7), (8, '?', '?', 8);
UPDATE t SET e = '😀', s = 'x,😁' WHERE id IN (1, 6);
DELETE FROM t WHERE id = 5;
