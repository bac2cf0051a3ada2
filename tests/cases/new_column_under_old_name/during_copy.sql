UPDATE t SET name='zwei' WHERE id=2;
