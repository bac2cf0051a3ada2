UPDATE t SET b='eins', a=10 WHERE id=1;
INSERT INTO t (id, a, b) VALUES (5, 5, 'five');
