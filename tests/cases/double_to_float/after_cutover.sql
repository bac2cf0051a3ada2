UPDATE t SET a=2.5, b=-0.5 WHERE id=2;
