SET TIMESTAMP=1700000200;
UPDATE t SET a=11, gone=gone WHERE id=1;
INSERT INTO t (id, a) VALUES (4, 4);
UPDATE t SET id=33, seen=seen, gone=gone WHERE id=3;
