ADD KEY prefix (a(10), b(20)), ADD UNIQUE KEY both_of_them (c, d), ADD KEY commented (d) COMMENT 'it''s', ADD KEY hashed (c, a) USING HASH, ADD KEY descending (c DESC, d ASC), DROP KEY c
