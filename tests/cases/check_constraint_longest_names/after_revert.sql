INSERT INTO llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll (id, a) VALUES (5, 5);
