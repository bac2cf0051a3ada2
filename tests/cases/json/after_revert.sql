UPDATE t SET doc=NULL WHERE id=9;
INSERT INTO t (id, doc) VALUES (300, '{"new": false}');
