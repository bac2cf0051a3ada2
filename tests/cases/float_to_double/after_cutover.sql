UPDATE t SET a=0.25, b=-0.5 WHERE id=2;
