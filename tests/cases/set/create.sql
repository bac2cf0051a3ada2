CREATE TABLE t (id INT PRIMARY KEY, flags SET('a','b','it''s','ö') NOT NULL DEFAULT '', wide SET('w','x') CHARACTER SET utf16);
INSERT INTO t VALUES (1, '', ''), (2, 'a', 'w'), (3, 'a,it''s,ö', 'w,x'), (4, 'a,b,it''s,ö', NULL), (5, 'ö', 'x');
