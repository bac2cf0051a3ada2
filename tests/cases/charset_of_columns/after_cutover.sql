INSERT INTO t VALUES (20, '語', '中文', '😀😀', '汉字', 'мир');
UPDATE t SET b='国', e='д' WHERE id=2;
