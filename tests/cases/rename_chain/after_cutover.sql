UPDATE t SET b=11, c='eins', d='2011-11-11' WHERE id=1;
INSERT INTO t (id, b, c) VALUES (4, 4, 'four');
