INSERT INTO t (k, a) VALUES ('a ', 1);
UPDATE t SET k = 'c' WHERE k = 'a  ';
DELETE FROM t WHERE k = ' a';
INSERT INTO t (k, a) VALUES (' a', 77);
UPDATE t SET a = NULL WHERE k = 'a';
