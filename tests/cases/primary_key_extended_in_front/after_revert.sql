UPDATE t SET day = '2027-01-01' WHERE code = 'drei';
DELETE FROM t WHERE code = 'VIER';
UPDATE t SET kind = 'x' WHERE code = 'zwei';
