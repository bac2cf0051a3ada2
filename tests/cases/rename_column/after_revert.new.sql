UPDATE t SET `new name`=33 WHERE id=3;
