INSERT INTO t VALUES (20, 'small', '0', 'x'), (21, 'large', '日', 'y');
UPDATE t SET size='medium', kind='y' WHERE id=4;
