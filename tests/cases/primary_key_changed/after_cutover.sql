UPDATE t SET code='eins', a=11 WHERE id=1;
UPDATE t SET id=33 WHERE code='three';
INSERT INTO t (code, a) VALUES ('auto', 0);
