UPDATE t SET a='{"new": 1}', b='[1, 2]' WHERE id=1;
