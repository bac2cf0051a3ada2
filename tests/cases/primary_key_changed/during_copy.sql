UPDATE t SET code='zwei' WHERE id=2;
INSERT INTO t VALUES (4, 'four', 4);
