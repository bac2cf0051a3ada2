UPDATE `größe☃` SET `值`='old' WHERE `ключ`=1;
