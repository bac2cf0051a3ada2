INSERT INTO t (id, a, b, f, g) VALUES (7, REPEAT('e', 300), REPEAT('ö', 1000), REPEAT('😀', 1000), REPEAT('ж', 1000));
UPDATE t SET b = REPEAT('x', 10), f = REPEAT('w', 600), g = REPEAT('v', 700) WHERE id = 4;
UPDATE t SET id = 50 WHERE id = 5;
