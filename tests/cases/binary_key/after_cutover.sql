UPDATE t SET k=x'80', a=11 WHERE a=1;
INSERT INTO t (k, v, a) VALUES (x'00', '', 7);
