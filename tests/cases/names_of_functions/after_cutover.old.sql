UPDATE `left` SET `now`=11, `null`=NULL WHERE `count`=1;
