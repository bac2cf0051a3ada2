CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(40) CHARACTER SET ucs2, b VARCHAR(40) CHARACTER SET gbk, c VARCHAR(40) CHARACTER SET utf16, d VARCHAR(40) CHARACTER SET utf8mb4, e VARCHAR(40) CHARACTER SET cp1251);
INSERT INTO t VALUES (1, '日本', '汉字', '😀', 'plain', 'кот'), (2, '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL), (4, 'aé', '表', 'ß', '汉', 'ж');
