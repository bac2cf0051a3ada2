INSERT INTO t (code, a) VALUES ('dd', 4);
