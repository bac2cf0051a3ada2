UPDATE `größe☃` SET `価格`='new', `☂`='x' WHERE `ключ`=2;
