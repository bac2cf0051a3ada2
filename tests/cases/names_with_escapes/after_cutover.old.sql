UPDATE `100%` SET `back\slash`=11, `?`=12 WHERE id=1;
