INSERT INTO t (id, p, g, a) VALUES (4, ST_GeomFromText('POINT(1 89)', 4326), ST_GeomFromText('LINESTRING(0 0,1 1)'), 4);
UPDATE t SET p = ST_GeomFromText('POINT(89.75 -179.5)', 4326) WHERE id = 2;
