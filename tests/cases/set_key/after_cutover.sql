INSERT INTO t (k, a) VALUES ('c', 7);
UPDATE t SET k = '' WHERE k = 'b,c';
UPDATE t SET a = 50 WHERE k = 'b';
DELETE FROM t WHERE k = 'd';
DELETE FROM t WHERE k = 'a,b';
INSERT INTO t (k, a) VALUES ('a,b', 23);
