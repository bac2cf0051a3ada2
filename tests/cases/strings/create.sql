CREATE TABLE t (id INT PRIMARY KEY,
  u8 VARCHAR(60) CHARACTER SET utf8mb4, l1 VARCHAR(300) CHARACTER SET latin1, u2 VARCHAR(60) CHARACTER SET ucs2,
  u16 VARCHAR(60) CHARACTER SET utf16, gb VARCHAR(60) CHARACTER SET gbk, u3 CHAR(20) CHARACTER SET utf8mb3, gone TEXT);
INSERT INTO t (id, u8, l1, u2, u16, gb, u3) VALUES
  (1, '', '', '', '', '', ''),
  (2, 'plain', 'plain', 'plain', 'plain', 'plain', 'plain'),
  (3, 'it''s \\ "quoted" %_', 'it''s \\ "quoted"', 'it''s \\', 'it''s \\ "', 'it''s \\', 'it''s'),
  (4, 'äöüß 日本語 😀🇩🇪', 'äöüß é', 'кот 日本語', 'кот 😀', '汉字 中文', 'é 日本'),
  (5, NULL, NULL, NULL, NULL, NULL, NULL),
  (6, '  both ends  ', ' x ', '  ', ' y ', ' 汉 ', 'z ');
UPDATE t SET gone=CONCAT('gone ', id);
