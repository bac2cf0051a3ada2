INSERT INTO t (id, tiny, utiny, small, usmall, medium, umedium, normal, unormal, big, ubig, filled, flag)
SELECT id+10, tiny, utiny, small, usmall, medium, umedium, normal, unormal, big, ubig, filled, flag FROM t;
UPDATE t SET big=-1, ubig=18446744073709551614, tiny=-1 WHERE id=4;
