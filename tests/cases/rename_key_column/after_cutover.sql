UPDATE t SET user_id=4 WHERE user_id=3;
INSERT INTO t (a) VALUES (9);
