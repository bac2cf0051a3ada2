INSERT INTO t (a, b) VALUES (6, 'six');
