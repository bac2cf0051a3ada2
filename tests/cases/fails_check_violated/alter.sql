ADD CONSTRAINT a_below_b CHECK (a < b)
