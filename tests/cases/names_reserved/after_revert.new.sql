DELETE FROM `order` WHERE `key`=2;
UPDATE `order` SET `by`=44 WHERE `key`=4;
