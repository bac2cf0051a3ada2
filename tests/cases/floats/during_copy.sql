INSERT INTO t SELECT id+10, f/3, d/3, small/7 FROM t;
UPDATE t SET f=f*0.3333, d=d*0.3333 WHERE id IN (2, 7);
