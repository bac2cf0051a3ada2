INSERT INTO `a ``b`` "c" 'd' é; -- %s` (`the key`, `select`, `it's`, `back``tick`) VALUES (3, 3, 'three', 3);
