UPDATE t SET middle='m', x=5, first_one=id, z='2024-04-04' WHERE id<4;
INSERT INTO t (id, a, b, x) VALUES (5, 5, 'five', 55);
