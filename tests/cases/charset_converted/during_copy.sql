INSERT INTO t VALUES (5, 'ñandú', 'mañana', 'ä');
UPDATE t SET name='ÄÖÜ' WHERE id=2;
