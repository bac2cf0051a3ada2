DELETE FROM t WHERE b=1 AND c='y';
INSERT INTO t (a, b, c, v) VALUES (NULL, 7, 'q', 7);
