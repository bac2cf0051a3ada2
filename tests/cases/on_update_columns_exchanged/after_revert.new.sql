SET timestamp=1710000000;
UPDATE t SET a=33, dt=dt WHERE id=3;
