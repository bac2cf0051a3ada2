CREATE TABLE t (k INET4 NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('0.0.0.0', 0), ('10.0.0.0', 1), ('10.0.0.1', 2), ('255.255.255.255', 3), ('0.0.0.32', 4);
