UPDATE `100%` SET `#hash`='zwei', `?`=22 WHERE id=2;
