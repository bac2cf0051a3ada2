ALTER TABLE account MODIFY status ENUM('open','closed','frozen') NOT NULL DEFAULT 'open';
