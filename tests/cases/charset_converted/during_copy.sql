INSERT INTO t VALUES (5, 'ñandú', 'mañana', 'a');
UPDATE t SET name='ÄÖÜ' WHERE id=2;
