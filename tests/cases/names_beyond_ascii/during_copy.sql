INSERT INTO `größe☃` VALUES (3, 'три', 3, 3);
