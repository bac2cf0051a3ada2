INSERT INTO t (id, f, d, small) VALUES (40, 2e0/3, 2e0/3, 0.375);
UPDATE t SET d=EXP(1), f=EXP(1), small=-0.0625 WHERE id=5;
