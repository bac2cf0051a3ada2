UPDATE t SET a='x', b=REPEAT('é', 127), c=REPEAT('c', 65535) WHERE id=2;
