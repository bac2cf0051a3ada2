INSERT INTO t (id, b1, b2, b3, b4, fixed, variable, t1, t4) SELECT id+100, b1, b2, b3, b4, fixed, variable, t1, t4 FROM t;
UPDATE t SET b4=REPEAT(x'005C', 100000), fixed=x'AA00' WHERE id IN (1, 14);
