INSERT INTO account (person_id, balance, opened) VALUES (1, 10.50, '2024-02-29 12:00:00'), (2, 0.00, '2024-03-01 00:00:00');
