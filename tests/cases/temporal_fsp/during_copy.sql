INSERT INTO t SELECT id+10, at, took, seen, day FROM t;
UPDATE t SET took='12:00:00', seen='1999-12-31 23:59:59' WHERE id=3;
