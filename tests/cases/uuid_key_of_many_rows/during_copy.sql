UPDATE t SET a = a + 1 WHERE a % 7 = 0;
DELETE FROM t WHERE a % 11 = 0;
