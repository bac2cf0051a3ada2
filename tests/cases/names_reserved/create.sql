CREATE TABLE `order` (`key` INT NOT NULL, `group` INT, `index` VARCHAR(20), `where` INT, `values` INT DEFAULT 3,
  PRIMARY KEY (`key`), KEY `select` (`group`), UNIQUE KEY `unique` (`index`));
INSERT INTO `order` VALUES (1, 1, 'one', 1, 1), (2, 2, 'two', 2, 2), (3, NULL, NULL, NULL, NULL);
