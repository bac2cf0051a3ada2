UPDATE t SET old_name=22 WHERE id=2;
