INSERT INTO t (code, n) VALUES ('d', 6);
