INSERT INTO llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll (id, b) VALUES (3, 3);
