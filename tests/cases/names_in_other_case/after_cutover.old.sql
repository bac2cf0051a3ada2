UPDATE t SET USERNAME='eins' WHERE id=1;
INSERT INTO t (id, username) VALUES (4, 'nobody');
