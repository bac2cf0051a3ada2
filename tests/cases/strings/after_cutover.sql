INSERT INTO t (id, u8, l1, u2, u16, gb, u3) SELECT id+100, u8, CONCAT(l1, 'ÿ'), u2, u16, gb, u3 FROM t;
UPDATE t SET u8=REPEAT('😀', 60), l1=REPEAT('é', 300), u2=REPEAT('日', 60), u16=REPEAT('😀', 60), gb=REPEAT('汉', 60) WHERE id=1;
