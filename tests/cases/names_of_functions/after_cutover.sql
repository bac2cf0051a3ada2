UPDATE `left` SET `false`=11, `null`=NULL WHERE `count`=1;
