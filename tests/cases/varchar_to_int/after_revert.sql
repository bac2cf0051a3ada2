UPDATE t SET a=NULL, b='3', c='99' WHERE id=2;
