UPDATE t SET id = id + 100 WHERE kind = 'early';
INSERT INTO t (kind, id, name) VALUES ('late', 9, 'g');
