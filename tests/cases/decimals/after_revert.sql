UPDATE t SET rate=0.5, whole=NULL WHERE id=2;
INSERT INTO t VALUES (7, 1, 2, 0.3, 4.44, 5.5);
