DROP COLUMN `where`, CHANGE `group` `by` BIGINT, ADD COLUMN `table` INT NOT NULL DEFAULT 5 AFTER `key`, RENAME INDEX `select` TO `from`
