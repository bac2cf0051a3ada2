UPDATE t SET cents=8, remark=NULL WHERE id=3;
