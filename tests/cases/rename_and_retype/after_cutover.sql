UPDATE t SET cents=7, remark='seven' WHERE id=2;
