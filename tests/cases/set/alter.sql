MODIFY flags SET('ö','a','b','it''s','more') NOT NULL DEFAULT 'a', ADD COLUMN s SET('one','two') DEFAULT 'two'
