INSERT INTO t VALUES (3, 'é', 'é', 'é');
