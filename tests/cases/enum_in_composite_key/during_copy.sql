INSERT INTO t (kind, id, name) VALUES ('early', 7, 'f');
UPDATE t SET kind = 'never' WHERE kind = 'late' AND id = 1;
DELETE FROM t WHERE kind = 'never' AND id = 5;
