CREATE TABLE t (id INT PRIMARY KEY, size ENUM('small','medium','large') NOT NULL DEFAULT 'small', odd ENUM('it''s','','b,c','日','0','1'), kind ENUM('x','y'));
INSERT INTO t VALUES (1, 'small', 'it''s', 'x'), (2, 'medium', '', 'y'), (3, 'large', 'b,c', NULL), (4, 'small', NULL, 'x'), (5, 'large', '日', 'y'), (6, 'medium', '0', 'y'), (7, 'medium', '1', 'x');
