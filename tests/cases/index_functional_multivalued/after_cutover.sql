INSERT INTO t (id, j) VALUES (4, '{"zip": [4, 4]}');
