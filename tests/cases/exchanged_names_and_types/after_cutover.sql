UPDATE t SET b=11, a='eins' WHERE id=1;
INSERT INTO t (id, b, a) VALUES (4, 4, 'four');
