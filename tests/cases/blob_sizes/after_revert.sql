UPDATE t SET a=x'0a0d', d=x'ff' WHERE id=3;
