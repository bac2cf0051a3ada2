UPDATE t SET id=77, a=7 WHERE id=2;
