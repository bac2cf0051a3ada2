MODIFY e ENUM('new','keep','KEPT','a,b','  lead') CHARACTER SET utf8mb4
