UPDATE `größe☃` SET `值`='new' WHERE `ключ`=2;
