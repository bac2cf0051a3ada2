SET timestamp=1700000000;
UPDATE t SET a=11, gone=gone WHERE id=1;
INSERT INTO t (id, a) VALUES (4, 4);
