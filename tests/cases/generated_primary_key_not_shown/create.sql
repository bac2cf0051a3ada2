SET sql_generate_invisible_primary_key=1, show_gipk_in_create_table_and_information_schema=0;
CREATE TABLE t (a INT, b VARCHAR(20));
INSERT INTO t VALUES (1, 'one'), (1, 'one'), (NULL, NULL);
