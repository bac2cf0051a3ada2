UPDATE `left` SET `current_timestamp`=22 WHERE `count`=2;
