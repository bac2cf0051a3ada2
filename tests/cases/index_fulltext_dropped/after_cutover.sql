INSERT INTO t (id, body) VALUES (3, 'and');
