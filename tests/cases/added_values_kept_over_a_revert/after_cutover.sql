UPDATE t SET s=CONCAT('s', id), n=id*100;
INSERT INTO t VALUES (4, 4, 'four', 400);
