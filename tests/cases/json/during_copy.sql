INSERT INTO t (id, doc) SELECT id+20, doc FROM t;
UPDATE t SET doc='{"changed": [1, "two", 3.5]}' WHERE id=2;
