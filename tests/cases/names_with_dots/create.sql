CREATE TABLE `a.b` (`t.id` INT NOT NULL PRIMARY KEY, `c.d` INT, `.` VARCHAR(9), `e.` INT);
INSERT INTO `a.b` VALUES (1, 1, 'one', 1), (2, 2, 'two', 2);
