UPDATE t SET a = REPEAT('reverted ', 500) WHERE id = 3;
