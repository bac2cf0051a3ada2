CREATE TABLE `a ``b`` "c" 'd' é; -- %s` (
  `the key` INT NOT NULL, `select` INT, `it's` VARCHAR(20), `"quoted"` INT, `back``tick` INT, `日本語` VARCHAR(20), `semi;colon` INT, `/* comment */` INT,
  PRIMARY KEY (`the key`), UNIQUE KEY `the ``index``` (`it's`));
INSERT INTO `a ``b`` "c" 'd' é; -- %s` VALUES (1, 1, 'one', 1, 1, '一', 1, 1), (2, 2, 'two', 2, 2, NULL, 2, 2);
