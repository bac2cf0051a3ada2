UPDATE t SET a=x'0a0d', d=x'ff000000' WHERE id=3;
