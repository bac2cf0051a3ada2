INSERT INTO t (code, a) VALUES ('ff', 6);
UPDATE t SET n=100 WHERE code='aa';
