ALTER TABLE account ADD status ENUM('open','closed') NOT NULL DEFAULT 'open';
