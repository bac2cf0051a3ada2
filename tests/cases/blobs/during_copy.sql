INSERT INTO t SELECT id+10, b1, b2, b3, b4, fixed, variable, t1, t4, extra FROM t;
UPDATE t SET fixed=x'00', b2=x'E28288' WHERE id=3;
