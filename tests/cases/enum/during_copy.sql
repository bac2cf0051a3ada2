INSERT INTO t SELECT id+10, size, odd, kind FROM t;
UPDATE t SET size='large', odd='1', kind='y' WHERE id=1;
