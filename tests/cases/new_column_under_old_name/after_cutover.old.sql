UPDATE t SET name='drei' WHERE id=3;
INSERT INTO t (id, name) VALUES (4, 'four');
