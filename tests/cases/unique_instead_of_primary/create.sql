CREATE TABLE t (code CHAR(8) NOT NULL, n INT, a INT, gone VARCHAR(9) DEFAULT 'none', UNIQUE KEY code (code), UNIQUE KEY n (n));
INSERT INTO t VALUES ('aa', 1, 1, 'g1'), ('bb', NULL, 2, 'g2'), ('cc', NULL, 3, 'g3'), ('dd', 4, 4, 'g4');
