INSERT INTO `table_of_64_characters_table_of_64_characters_table_of_64_charac` VALUES (3, 'three', 3);
