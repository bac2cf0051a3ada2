UPDATE t SET title='cat' WHERE id=3;
