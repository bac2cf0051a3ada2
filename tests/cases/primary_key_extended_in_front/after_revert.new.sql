UPDATE t SET day = '2027-01-01' WHERE code = 'Drei';
DELETE FROM t WHERE code = 'vier';
UPDATE t SET kind = 'x' WHERE code = 'zwei';
