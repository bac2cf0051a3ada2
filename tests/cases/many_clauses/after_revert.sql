UPDATE t SET a=33, b='drei', d='2033-03-03' WHERE id=3;
