UPDATE t SET id=33, region=3 WHERE id=3;
