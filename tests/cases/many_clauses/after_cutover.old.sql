UPDATE t SET a=11 WHERE id=1;
INSERT INTO t (a, b, c) VALUES (5, 'ö', 2);
