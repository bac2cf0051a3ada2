UPDATE t SET b='changed' WHERE id=1;
UPDATE t SET id=33 WHERE id=3;
DELETE FROM t WHERE id=2;
INSERT INTO t VALUES (2, 2, 'again');
