UPDATE t SET id=-5, a=11, d=0 WHERE id=1;
