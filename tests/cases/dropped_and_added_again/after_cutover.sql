UPDATE t SET a='text' WHERE id=1;
INSERT INTO t (id, b) VALUES (4, 40);
