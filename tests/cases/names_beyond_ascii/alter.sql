DROP COLUMN `ß`, RENAME COLUMN `值` TO `価格`, ADD COLUMN `☂` VARCHAR(9) DEFAULT '☔', RENAME KEY `индекс` TO `ευρετήριο`
