INSERT INTO t (id, u8, l1, u2, u16, gb, u3) SELECT id+10, CONCAT(u8, '!'), l1, u2, u16, gb, u3 FROM t;
UPDATE t SET gb='表', u16='😀', u2='ソ' WHERE id=2;
