UPDATE t SET email='bb@x' WHERE id=2;
