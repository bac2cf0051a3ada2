INSERT INTO t SELECT id+10, one, nine, most, gone FROM t;
UPDATE t SET most=1, nine=b'111111111' WHERE id=1;
