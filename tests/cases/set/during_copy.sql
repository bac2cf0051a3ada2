INSERT INTO t SELECT id+10, flags, wide FROM t;
UPDATE t SET flags='b,ö', wide='x' WHERE id=1;
