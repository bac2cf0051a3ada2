UPDATE t SET name='new value' WHERE id=1;
UPDATE t SET old_name='drei' WHERE id=3;
INSERT INTO t (id, old_name, name) VALUES (4, 'four', 'x');
