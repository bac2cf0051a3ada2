UPDATE `order` SET `index`='zwei', `group`=22 WHERE `key`=2;
INSERT INTO `order` VALUES (4, 4, 'four', 4, 4);
