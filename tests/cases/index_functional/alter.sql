DROP KEY of_gone, DROP COLUMN gone, ADD KEY twice ((a*2), (LOWER(b)) DESC), ADD COLUMN c INT AFTER id, RENAME KEY plus_one TO one_more
