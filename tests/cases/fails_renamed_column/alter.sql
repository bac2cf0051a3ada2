CHANGE `old name` `it's` INT
