INSERT INTO t VALUES (4, CONCAT(REPEAT('[1,', 30), '"x"', REPEAT(']', 30)), 4);
UPDATE t SET doc = '{"": {"": [null, true, false, "\\u0000", 1.7976931348623157e308, 5e-324]}}' WHERE id = 1;
