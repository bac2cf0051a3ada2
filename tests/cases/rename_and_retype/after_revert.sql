UPDATE t SET amount=8, note=NULL WHERE id=3;
