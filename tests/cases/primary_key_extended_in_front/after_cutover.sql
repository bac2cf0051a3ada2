UPDATE t SET kind = 'y', a = 11 WHERE code = 'ONE';
UPDATE t SET code = 'zwei' WHERE code = 'Zwei';
DELETE FROM t WHERE code = 'drei';
INSERT INTO t VALUES ('Drei', '2026-01-02', 'x', 33);
