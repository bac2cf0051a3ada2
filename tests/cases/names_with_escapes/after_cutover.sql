UPDATE `100%` SET `slash\\`=11, `%s`=12 WHERE id=1;
