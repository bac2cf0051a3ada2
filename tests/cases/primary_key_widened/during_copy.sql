UPDATE t SET region=5 WHERE id=2;
