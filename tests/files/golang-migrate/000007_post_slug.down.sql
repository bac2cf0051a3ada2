ALTER TABLE posts DROP slug;
