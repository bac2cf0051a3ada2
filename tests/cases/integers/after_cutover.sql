INSERT INTO t (id, tiny, utiny, small, usmall, medium, umedium, normal, unormal, big, ubig, filled, flag)
SELECT id+100, tiny, utiny, small, usmall, medium, umedium, normal, unormal, big, ubig, filled, flag FROM t;
UPDATE t SET ubig=9223372036854775809, umedium=8388609, small=-2 WHERE id=1;
UPDATE t SET id=-2147483648 WHERE id=2;
