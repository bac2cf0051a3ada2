UPDATE t SET a=x'ffff', c=x'' WHERE id=1;
