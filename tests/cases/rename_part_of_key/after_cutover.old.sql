UPDATE t SET tenant=4 WHERE tenant=1 AND id=2;
