INSERT INTO t (id, a, b) VALUES (4, 4, 4);
UPDATE t SET b=99 WHERE id=1;
