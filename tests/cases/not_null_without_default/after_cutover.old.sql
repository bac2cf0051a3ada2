INSERT INTO t VALUES (4, 4, 0, '', '0000-00-00', '', 'k');
UPDATE t SET a=-1, id=10 WHERE id=1;
