INSERT INTO t (id, a, b, c, d, e, f, g) VALUES (5, REPEAT('q', 101), REPEAT('ü', 99), REPEAT('z', 100), REPEAT(X'00', 1000), REPEAT('a', 100), REPEAT('f', 100), REPEAT('g', 30000));
UPDATE t SET a = REPEAT('b', 400), f = REPEAT('n', 20000) WHERE id = 1;
UPDATE t SET c = NULL, g = '' WHERE id = 3;
DELETE FROM t WHERE id = 2;
INSERT INTO t (id) VALUES (6);
UPDATE t SET e = 'short' WHERE id = 5;
