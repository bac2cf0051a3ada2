ADD COLUMN b INT DEFAULT 1, MODIFY kind ENUM('never','early','late','soon') NOT NULL
