INSERT INTO t (id, e, s) VALUES (10, 'b?c', 'x');
UPDATE t SET e = '?' WHERE id = 7;
