UPDATE t SET amount=7, note='seven' WHERE id=2;
