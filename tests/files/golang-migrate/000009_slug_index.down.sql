DROP INDEX posts_slug ON posts;
