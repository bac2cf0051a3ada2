MODIFY a ENUM('x','y y','ö','10'), MODIFY b SET('a','b','c'), MODIFY c ENUM('1','2','3') NOT NULL
