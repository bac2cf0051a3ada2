REPLACE INTO t (id, u, n) VALUES (3, 3, 30);
REPLACE INTO t (id, u, n) VALUES (4, 5, 45);
