INSERT INTO t (id, one, nine, most) VALUES (20, b'1', b'101', 0x27);
UPDATE t SET most=0x5C00, one=b'1' WHERE id=3;
