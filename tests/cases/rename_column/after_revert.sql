UPDATE t SET old_name=33 WHERE id=3;
