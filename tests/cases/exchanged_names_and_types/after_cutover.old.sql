UPDATE t SET a=11, b='eins' WHERE id=1;
INSERT INTO t (id, a, b) VALUES (4, 4, 'four');
