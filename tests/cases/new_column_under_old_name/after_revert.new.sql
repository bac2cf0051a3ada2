UPDATE t SET old_name='eins' WHERE id=1;
INSERT INTO t (id, old_name, b) VALUES (5, 'five', 5);
