INSERT INTO llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll (id, a) VALUES (4, 4);
