INSERT INTO t SELECT id+10, y, d, t0, t3, t6, dt0, dt1, dt6, ts0, ts6, 'x' FROM t;
UPDATE t SET t6='-12:34:56.100000', d='2024-00-00', dt6='2000-01-01 00:00:00.100000' WHERE id=4;
