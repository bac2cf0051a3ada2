INSERT INTO t VALUES (7, 'naïve', 'revert', 'b');
UPDATE t SET name=CONCAT(name, 'ø'), kind='b' WHERE id=4;
