INSERT INTO t (id, u) VALUES (5, 'five');
UPDATE t SET b=1, c='c' WHERE id=1;
