INSERT INTO t (id, g, p, c, a) VALUES (8, ST_GeomFromText('LINESTRING(0 0,1 1)', 4326), ST_GeomFromText('POINT(8 8)'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(9 9))'), 8);
UPDATE t SET g = NULL WHERE id = 7;
