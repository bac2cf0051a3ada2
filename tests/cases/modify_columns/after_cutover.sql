INSERT INTO t (id, a, b, c, e) VALUES (5, 'new', '77', 'yy', 5);
UPDATE t SET d='text', b='-12' WHERE id=2;
