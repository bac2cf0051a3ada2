INSERT INTO t (id, y, d, t0, t3, t6, dt0, dt1, dt6, ts0, ts6) SELECT id+100, y, d, t0, t3, t6, dt0, dt1, dt6, ts0, ts6 FROM t;
UPDATE t SET t3='-01:00:00.999', ts6='2001-09-09 01:46:40.123456', y=2000 WHERE id IN (1, 11);
UPDATE t SET id=-3, ts0='2038-01-19 03:14:06' WHERE id=3;
