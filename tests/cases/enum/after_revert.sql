INSERT INTO t VALUES (22, 'large', '', 'y');
UPDATE t SET size='small', kind=NULL WHERE id=5;
