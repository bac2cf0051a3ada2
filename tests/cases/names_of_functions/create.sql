CREATE TABLE `left` (`count` INT NOT NULL PRIMARY KEY, `now` INT, `current_timestamp` INT, `null` VARCHAR(5), `default` INT, `true` INT);
INSERT INTO `left` VALUES (1, 1, 1, 'one', 1, 1), (2, 2, 2, NULL, NULL, NULL);
