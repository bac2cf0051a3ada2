UPDATE t SET name='Ärger' WHERE a=4;
INSERT INTO t (name, a) VALUES ('ø', 9);
