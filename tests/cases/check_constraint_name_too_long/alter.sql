ADD CHECK (a > 0)
