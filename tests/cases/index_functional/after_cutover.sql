INSERT INTO t (id, a, b) VALUES (5, 5, 'five');
UPDATE t SET b='un', a=2 WHERE id=1;
DELETE FROM t WHERE id=3;
