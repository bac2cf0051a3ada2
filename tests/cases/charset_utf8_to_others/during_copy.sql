UPDATE t SET a='ソ', b='表', c='ÿ', d='表', e='кот' WHERE id=2;
