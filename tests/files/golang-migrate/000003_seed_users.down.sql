DELETE FROM users WHERE username IN ('ann', 'bob');
