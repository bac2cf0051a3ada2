UPDATE t SET c='a' WHERE id=2;
