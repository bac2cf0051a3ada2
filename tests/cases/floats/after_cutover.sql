INSERT INTO t (id, f, d, small) VALUES (30, 1e0/3, 1e0/3, 0.25), (31, 16777217, 0.1, -1024.5);
UPDATE t SET f=f/7, d=d/7, small=0.125 WHERE id<9;
