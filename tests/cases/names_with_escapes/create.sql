CREATE TABLE `100%` (`id` INT NOT NULL PRIMARY KEY, `back\slash` INT, `per%cent` INT, `#hash` VARCHAR(9), `{brace}` INT, `?` INT, `@at` INT);
INSERT INTO `100%` VALUES (1, 1, 1, 'one', 1, 1, 1), (2, 2, 2, 'two', 2, 2, 2);
