CHANGE camelCase camelcase INT, DROP COLUMN b
