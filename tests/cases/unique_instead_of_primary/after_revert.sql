UPDATE t SET n=NULL WHERE code='bb';
DELETE FROM t WHERE code='cc';
