INSERT INTO t SELECT id+10, a, b, c, d, e FROM t;
UPDATE t SET a='ソ', c='🇩🇪' WHERE id=3;
