UPDATE t SET a=12, seen=seen WHERE id=1;
