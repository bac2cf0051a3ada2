UPDATE t SET title='after' WHERE id=2;
INSERT INTO t (id, a, title) VALUES (10, 10, 'ten');
