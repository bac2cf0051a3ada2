UPDATE t SET tenant=3 WHERE tenant=2;
