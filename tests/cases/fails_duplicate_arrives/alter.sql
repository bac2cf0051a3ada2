ADD UNIQUE KEY email (email)
