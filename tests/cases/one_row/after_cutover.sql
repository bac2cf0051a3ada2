UPDATE t SET id=9, a=9;
