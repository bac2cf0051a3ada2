CREATE TABLE llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll (id INT PRIMARY KEY, a INT);
INSERT INTO llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll VALUES (1, 1);
