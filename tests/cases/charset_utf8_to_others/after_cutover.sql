UPDATE t SET a='日本', b='a', c='b', d='文', e='x' WHERE id=1;
