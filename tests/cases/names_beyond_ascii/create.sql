CREATE TABLE `größe☃` (`ключ` INT NOT NULL PRIMARY KEY, `值` VARCHAR(20), `prix €` INT, `ß` INT, KEY `индекс` (`值`));
INSERT INTO `größe☃` VALUES (1, 'один', 1, 1), (2, '二', 2, 2);
