UPDATE t SET amount=22 WHERE id=2;
INSERT INTO t (id, amount, label) VALUES (5, 5, 'five');
