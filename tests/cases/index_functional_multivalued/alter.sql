ADD COLUMN b INT, ADD KEY azips (a, (CAST(j->'$.zip' AS UNSIGNED ARRAY)))
