UPDATE posts SET slug = '';
