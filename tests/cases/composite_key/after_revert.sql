UPDATE t SET day='2030-01-01' WHERE tenant=1 AND name='a';
INSERT INTO t (tenant, day, name, a) VALUES (4, '2024-04-04', 'd', 44);
