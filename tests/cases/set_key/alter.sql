MODIFY k SET('a','b','c','d','e') NOT NULL
