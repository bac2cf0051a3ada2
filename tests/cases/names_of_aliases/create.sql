CREATE TABLE l (o INT NOT NULL, l INT, t INT, s VARCHAR(9), r INT, PRIMARY KEY (o));
INSERT INTO l VALUES (1, 1, 1, 'one', 1), (2, 2, 2, 'two', 2);
