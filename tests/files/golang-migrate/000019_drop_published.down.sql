CREATE VIEW published AS SELECT id, title, slug FROM posts WHERE slug <> '';
