UPDATE t SET c='z', v=9 WHERE b=1 AND c='x';
