UPDATE t SET customer=4 WHERE customer=1 AND id=2;
UPDATE t SET more=9 WHERE customer=3;
