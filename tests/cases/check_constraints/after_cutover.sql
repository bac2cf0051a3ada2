INSERT INTO t (id, a, b) VALUES (4, 4, 4);
UPDATE t SET b=999 WHERE id=1;
