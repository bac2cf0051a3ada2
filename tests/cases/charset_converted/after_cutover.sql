INSERT INTO t VALUES (6, 'après', 'cutover é', 'a');
UPDATE t SET body=CONCAT(name, ' ç') WHERE id=1;
