INSERT INTO `left` VALUES (3, 3, 3, 'three', 3, 3);
