UPDATE t SET b='😀' WHERE id=1;
