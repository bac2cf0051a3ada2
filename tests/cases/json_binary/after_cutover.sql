INSERT INTO t (id, doc) SELECT id+100, doc FROM t;
UPDATE t SET doc=JSON_OBJECT('t', CAST('10:00:00' AS TIME), 'e', EXP(1)) WHERE id=7;
