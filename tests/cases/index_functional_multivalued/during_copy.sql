UPDATE t SET j='{"zip": [9]}' WHERE id=2;
