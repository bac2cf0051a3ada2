MODIFY k ENUM('new','i','h','g','f','e','d','m','a','z') NOT NULL
