DROP INDEX a, ADD INDEX b (b(10)), ADD UNIQUE KEY cb (c, b), RENAME INDEX both_of TO renamed, DROP KEY c
