UPDATE t SET a='ö', b='“quoted”' WHERE id=2;
