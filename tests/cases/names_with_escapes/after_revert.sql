INSERT INTO `100%` (id, `{brace}`) VALUES (3, 3);
