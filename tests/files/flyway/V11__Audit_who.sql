-- who did it; 'nobody' for the system
ALTER TABLE audit ADD COLUMN who VARCHAR(60) NOT NULL DEFAULT 'nobody';
