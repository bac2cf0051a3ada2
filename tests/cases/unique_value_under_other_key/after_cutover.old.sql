DELETE FROM t WHERE id=2;
INSERT INTO t (id, email) VALUES (5, 'b@x');
UPDATE t SET id=2 WHERE id=5;
UPDATE t SET id=6 WHERE id=3;
UPDATE t SET email='d@x' WHERE id=6;
INSERT INTO t (id, email) VALUES (3, 'c@x');
