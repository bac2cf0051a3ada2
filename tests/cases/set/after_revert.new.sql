INSERT INTO t (id, flags, wide) VALUES (21, 'it''s', 'w');
UPDATE t SET flags='a,b,it''s,ö' WHERE id=2;
