INSERT INTO t (id, one, nine, most) VALUES (21, b'0', b'1', 0xFF);
UPDATE t SET nine=b'0' WHERE id=2;
