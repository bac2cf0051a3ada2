UPDATE t SET name='moved', tenant=7 WHERE a=3;
UPDATE t SET a=a+1;
INSERT INTO t (tenant, day, name, a) VALUES (3, '2024-03-03', 'c', 33);
DELETE FROM t WHERE name='';
