CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(30), b VARCHAR(30), c VARCHAR(30), d TEXT, e VARCHAR(20)) DEFAULT CHARSET=utf8mb4;
INSERT INTO t VALUES (1, 'é日', '😀x', '😀', '汉字', 'дом'), (2, '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL);
