INSERT INTO t (id, g, p, c, a) VALUES (5, ST_GeomFromText('MULTIPOINT(1 1,2 2)'), ST_GeomFromText('POINT(45.5 -120.25)', 4326), ST_GeomFromText('GEOMETRYCOLLECTION EMPTY', 4326), 5), (6, NULL, ST_GeomFromText('POINT(1e300 -1e-300)'), NULL, 6);
UPDATE t SET g = ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))', 4326) WHERE id = 2;
UPDATE t SET a = a + 1 WHERE id IN (1, 3);
DELETE FROM t WHERE id = 4;
