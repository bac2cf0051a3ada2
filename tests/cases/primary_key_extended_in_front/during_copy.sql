UPDATE t SET code = 'ONE' WHERE code = 'one';
UPDATE t SET day = '2026-02-02' WHERE code = 'zwei';
INSERT INTO t VALUES ('vier', '2026-01-01', 'x', 4);
