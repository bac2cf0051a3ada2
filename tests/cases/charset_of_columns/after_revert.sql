INSERT INTO t VALUES (21, '語', '中文', 'x😀', '汉', 'ю');
UPDATE t SET d='中', id=22 WHERE id=1;
