UPDATE t SET u8=CONCAT(u8, x'00'), l1='\0\n\t' WHERE id=2;
INSERT INTO t (id, u8, u3) VALUES (50, 'new', REPEAT('é', 20));
