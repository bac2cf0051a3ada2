DROP COLUMN `semi;colon`, RENAME COLUMN `select` TO `from`, CHANGE `"quoted"` `un``quoted` BIGINT, ADD COLUMN `new "one"; --` INT DEFAULT 5, ADD KEY `'` (`日本語`)
