UPDATE t SET a=b'1', b=13, c=3 WHERE id=2;
