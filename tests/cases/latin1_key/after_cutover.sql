UPDATE t SET a=11 WHERE name='Apple';
UPDATE t SET name='ö' WHERE name='ÿ';
INSERT INTO t (name, a) VALUES ('ñ', 8);
