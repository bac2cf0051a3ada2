UPDATE t SET address='t' WHERE id=1;
UPDATE t SET address='a@x' WHERE id=2;
UPDATE t SET address='bb@x' WHERE id=1;
