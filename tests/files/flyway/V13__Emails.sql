UPDATE PERSON SET email = CONCAT(LOWER(REPLACE(NAME, ' ', '.')), '@example.com');
