UPDATE t SET a='{"new": 1}' WHERE id=1;
