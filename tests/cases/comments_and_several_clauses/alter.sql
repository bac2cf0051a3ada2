/* first */ DROP COLUMN a, -- ends with the line
  ADD COLUMN d VARCHAR(30) DEFAULT 'a, b; DROP COLUMN c' /* not this */, # nor this
  MODIFY COLUMN b BIGINT, ADD KEY (c, b)
