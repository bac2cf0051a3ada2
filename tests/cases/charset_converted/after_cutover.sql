INSERT INTO t VALUES (6, 'après', 'cutover é', 'ä');
UPDATE t SET body=CONCAT(name, ' ç') WHERE id=1;
