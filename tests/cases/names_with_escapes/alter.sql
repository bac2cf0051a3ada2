CHANGE `back\slash` `slash\\` BIGINT, CHANGE `?` `%s` BIGINT, DROP COLUMN `@at`, ADD COLUMN `\n` INT DEFAULT 1, ADD KEY `%d` (`per%cent`)
