REPLACE INTO t VALUES (3, 4, 34, 'back');
