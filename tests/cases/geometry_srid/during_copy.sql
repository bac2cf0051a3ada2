INSERT INTO t (id, p, g, a) VALUES (3, ST_GeomFromText('POINT(0 0)', 4326), ST_GeomFromText('POINT(1e5 -1e5)'), 3);
UPDATE t SET p = ST_GeomFromText('POINT(10.25 20.5)', 4326) WHERE id = 1;
