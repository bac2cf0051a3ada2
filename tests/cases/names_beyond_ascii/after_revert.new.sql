UPDATE `größe☃` SET `価格`='old' WHERE `ключ`=1;
