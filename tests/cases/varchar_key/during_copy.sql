UPDATE t SET a=11 WHERE name='apple';
INSERT INTO t VALUES ('Öl', 9, 9);
