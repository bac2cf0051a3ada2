DELETE FROM `order` WHERE `key`=2;
UPDATE `order` SET `group`=44 WHERE `key`=4;
