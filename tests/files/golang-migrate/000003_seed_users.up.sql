INSERT INTO users (username, password, email, mood) VALUES ('ann', 'x', 'ann@example.com', 'happy'), ('bob', 'y', 'bob@example.com', NULL);
