INSERT INTO t VALUES (4, 'four', 4);
UPDATE t SET a=2 WHERE my_row_id=2;
