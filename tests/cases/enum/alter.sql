MODIFY size ENUM('large','huge','medium','small') NOT NULL DEFAULT 'medium', MODIFY kind VARCHAR(10)
