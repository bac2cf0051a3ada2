REPLACE INTO t (id, u, n, gone) VALUES (3, 4, 34, 'back');
