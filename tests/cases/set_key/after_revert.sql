INSERT INTO t (k, a) VALUES ('a', 1);
UPDATE t SET k = 'c,d' WHERE k = 'a,b';
DELETE FROM t WHERE k = 'c';
INSERT INTO t (k, a) VALUES ('c', 77);
UPDATE t SET a = NULL WHERE k = '';
