UPDATE t SET name='zebra' WHERE name='Zebra';
DELETE FROM t WHERE name='ÄRGER';
INSERT INTO t (name, a) VALUES ('Ärger', 40);
