ALTER TABLE tags ADD INDEX by_post (post_id);
