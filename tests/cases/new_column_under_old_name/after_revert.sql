UPDATE t SET name='eins' WHERE id=1;
INSERT INTO t VALUES (5, 'five', 5);
