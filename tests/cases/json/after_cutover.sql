INSERT INTO t (id, doc) SELECT id+100, doc FROM t;
UPDATE t SET doc='["日本", "\\n", {"k": {"l": {"m": []}}}]' WHERE id=1;
