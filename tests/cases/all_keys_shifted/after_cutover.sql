UPDATE t SET id=id-1 ORDER BY id;
UPDATE t SET id=id+1, a=CONCAT(a, '!') ORDER BY id DESC;
