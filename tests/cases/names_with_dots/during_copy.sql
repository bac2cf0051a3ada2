UPDATE `a.b` SET `.`='zwei' WHERE `t.id`=2;
