UPDATE t SET a='{"new": 1}', c=5 WHERE id=1;
