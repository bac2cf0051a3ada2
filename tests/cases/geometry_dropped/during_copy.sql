INSERT INTO t VALUES (4, ST_GeomFromText('POINT(4 4)'), 4);
UPDATE t SET g = ST_GeomFromText('POINT(5 5)', 4326) WHERE id = 2;
