UPDATE t SET id=-2 WHERE id=-1;
UPDATE t SET a=a+1;
