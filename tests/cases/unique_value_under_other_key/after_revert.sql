DELETE FROM t WHERE id=1;
INSERT INTO t (id, email) VALUES (1, 'a@x');
