CREATE TABLE t (k UUID NOT NULL DEFAULT UUID() PRIMARY KEY, a INT);
INSERT INTO t SELECT INSERT(INSERT(LOWER(CONCAT_WS('-', LEFT(MD5(seq), 8), SUBSTR(MD5(seq), 9, 4), SUBSTR(MD5(seq), 13, 4), SUBSTR(MD5(seq), 17, 4), RIGHT(MD5(seq), 12))), 15, 1, ELT(1 + seq % 5, '1', '4', '5', '6', '7')), 20, 1, ELT(1 + seq % 3, '8', '9', 'a')), seq FROM seq_1_to_5000;
