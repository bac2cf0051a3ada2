UPDATE t SET body='jumped over' WHERE id=2;
