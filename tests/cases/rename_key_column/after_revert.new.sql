UPDATE t SET user_id=5 WHERE user_id=4;
INSERT INTO t (a) VALUES (10);
