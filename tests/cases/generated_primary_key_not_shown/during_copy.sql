INSERT INTO t (a, b) VALUES (4, 'four');
UPDATE t SET a=2 WHERE my_row_id=2;
