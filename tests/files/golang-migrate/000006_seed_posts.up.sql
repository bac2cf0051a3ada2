INSERT INTO posts (user_id, title, body, created_at) VALUES (1, 'Hello; world', 'it''s -- a "body"', '2024-05-05 05:05:05.123');
