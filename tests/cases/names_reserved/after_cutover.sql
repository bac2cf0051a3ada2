UPDATE `order` SET `by`=11, `values`=NULL WHERE `key`=1;
UPDATE `order` SET `key`=33 WHERE `key`=3;
