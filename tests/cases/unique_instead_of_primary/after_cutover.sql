UPDATE t SET code='ff', a=11 WHERE code='aa';
INSERT INTO t (code, a) VALUES ('gg', 7);
