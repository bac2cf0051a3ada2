CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a TEXT COMPRESSED, b INT);
SET column_compression_zlib_wrap = ON;
INSERT INTO t VALUES (1, REPEAT('wrapped ', 100), 1);
SET column_compression_zlib_wrap = OFF;
INSERT INTO t VALUES (2, REPEAT('bare ', 100), 2);
