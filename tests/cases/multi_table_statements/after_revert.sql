DELETE t, p FROM t JOIN t p ON t.parent=p.id WHERE t.id=11;
