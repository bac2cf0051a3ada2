INSERT INTO t (id, g, p, c, a) VALUES (7, ST_GeomFromText('POINT(12.5 13.5)', 4326), ST_GeomFromText('POINT(3 3)', 4326), NULL, 7);
UPDATE t SET g = ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'), c = NULL WHERE id = 1;
UPDATE t SET id = 30 WHERE id = 3;
