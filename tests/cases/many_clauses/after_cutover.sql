UPDATE t SET aa=11, x=12 WHERE id=1;
INSERT INTO t (aa, b) VALUES (5, 'ö');
