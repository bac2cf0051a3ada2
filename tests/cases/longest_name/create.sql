CREATE TABLE llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll (id INT PRIMARY KEY, cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc INT, b INT);
INSERT INTO llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll VALUES (1, 1, 1), (2, 2, 2);
