UPDATE t JOIN t p ON t.parent=p.id SET t.n=0, p.n=100 WHERE t.id=4;
DELETE t FROM t JOIN t p ON t.parent=p.id WHERE p.id=3;
INSERT INTO t (id, parent, n) SELECT id+10, id, n FROM t;
