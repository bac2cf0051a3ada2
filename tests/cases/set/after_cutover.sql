INSERT INTO t (id, flags, wide) VALUES (20, 'a,b', 'w,x');
UPDATE t SET flags='', wide=NULL WHERE id=3;
