INSERT INTO t (a, b) VALUES (5, 'five');
DELETE FROM t WHERE my_row_id=1;
