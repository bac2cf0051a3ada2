INSERT INTO t (code, a) VALUES ('ee', 5);
