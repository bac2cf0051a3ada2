UPDATE t SET c='c' WHERE c='a';
INSERT INTO t VALUES ('b', 7, 7);
