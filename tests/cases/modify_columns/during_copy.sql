INSERT INTO t (id, a, b, c) VALUES (4, 'stream', -5, 'x');
UPDATE t SET b=2147483647 WHERE id=1;
