RENAME COLUMN old_name TO `new name`
