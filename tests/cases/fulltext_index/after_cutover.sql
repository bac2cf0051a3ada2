INSERT INTO t VALUES (4, 'and again', 'more');
