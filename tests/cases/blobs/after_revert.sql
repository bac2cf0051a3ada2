UPDATE t SET variable=x'0000', b1=x'5C27' WHERE id=2;
INSERT INTO t (id, b3) VALUES (50, x'00');
