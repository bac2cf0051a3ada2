CREATE TABLE `table_of_64_characters_table_of_64_characters_table_of_64_charac` (
  `column_of_64_characters_column_of_64_characters_column_of_64_cha` INT NOT NULL PRIMARY KEY,
  `columnb_of_64_characters_column_of_64_characters_column_of_64_ch` VARCHAR(20),
  `öööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö` INT,
  UNIQUE KEY `key_of_64_characters_key_of_64_characters_key_of_64_characters__` (`columnb_of_64_characters_column_of_64_characters_column_of_64_ch`));
INSERT INTO `table_of_64_characters_table_of_64_characters_table_of_64_charac` VALUES (1, 'one', 1), (2, 'two', 2);
