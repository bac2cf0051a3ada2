UPDATE t SET a = REPEAT('after ', 500) WHERE id = 2;
