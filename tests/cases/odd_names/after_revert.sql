UPDATE `a ``b`` "c" 'd' é; -- %s` SET `"quoted"`=7, `the key`=9 WHERE `the key`=1;
