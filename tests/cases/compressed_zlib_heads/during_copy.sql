SET column_compression_zlib_wrap = ON;
INSERT INTO t VALUES (3, REPEAT('wrapped ', 1000), 3);
SET column_compression_zlib_level = 0;
INSERT INTO t VALUES (4, REPEAT('plain ', 1000), 4);
SET column_compression_zlib_wrap = OFF, column_compression_zlib_level = 9, column_compression_threshold = 0;
INSERT INTO t VALUES (5, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 5), (6, 'x', 6), (7, '', 7);
UPDATE t SET a = REPEAT('again ', 50) WHERE id = 1;
