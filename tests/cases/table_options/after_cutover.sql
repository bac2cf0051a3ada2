INSERT INTO t VALUES (7, 'sieben é');
