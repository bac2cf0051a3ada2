UPDATE t JOIN t p ON t.parent=p.id SET t.n=t.n+10*p.n, p.n=p.n WHERE p.id=1;
