UPDATE t SET n=2 WHERE code='bb';
UPDATE t SET code='ee' WHERE code='dd';
