UPDATE `a.b` SET `t.id`=22 WHERE `t.id`=2;
