UPDATE posts SET slug = LOWER(REPLACE(REPLACE(title, ' ', '-'), ';', ''));
