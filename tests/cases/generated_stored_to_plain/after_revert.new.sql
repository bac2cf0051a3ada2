UPDATE t SET a=66, s=132, word='w66' WHERE id=2;
INSERT INTO t (id, a, s, word) VALUES (6, 6, 12, 'w6');
