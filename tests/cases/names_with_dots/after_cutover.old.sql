INSERT INTO `a.b` (`t.id`, `c.d`) VALUES (3, 3);
UPDATE `a.b` SET `.`='eins' WHERE `t.id`=1;
