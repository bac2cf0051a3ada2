INSERT INTO t VALUES (4, 'four', 'text four', 4, NULL);
