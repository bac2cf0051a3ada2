INSERT INTO t (id, a, s, word) VALUES (5, 5, 500, 'five');
UPDATE t SET s=7, word='seven' WHERE id=3;
UPDATE t SET a=44 WHERE id=4;
