UPDATE `a ``b`` "c" 'd' é; -- %s` SET `it's`='zwei', `日本語`='二' WHERE `the key`=2;
