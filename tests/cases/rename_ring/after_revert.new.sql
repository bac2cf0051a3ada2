UPDATE t SET b=7, c=8, a=9 WHERE id=2;
INSERT INTO t (id, b, c, a) VALUES (4, 40, 41, 42);
