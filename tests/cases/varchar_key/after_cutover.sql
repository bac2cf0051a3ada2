UPDATE t SET name='APPLE', a=12 WHERE name='apple';
UPDATE t SET name='cherry' WHERE name='BANANA';
INSERT INTO t (name, a) VALUES ('new', 10);
