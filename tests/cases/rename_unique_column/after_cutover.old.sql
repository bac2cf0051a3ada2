UPDATE t SET email='t' WHERE id=1;
UPDATE t SET email='a@x' WHERE id=2;
UPDATE t SET email='bb@x' WHERE id=1;
