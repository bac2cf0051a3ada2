CHANGE email address VARCHAR(60) NOT NULL, RENAME INDEX email TO address
