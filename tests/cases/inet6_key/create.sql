CREATE TABLE t (k INET6 NOT NULL, a INT, gone INT DEFAULT 7, PRIMARY KEY (k));
INSERT INTO t (k, a) VALUES ('::', 0), ('::1', 1), ('ff::', 2), ('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 3), ('::ffff:10.0.0.32', 4);
