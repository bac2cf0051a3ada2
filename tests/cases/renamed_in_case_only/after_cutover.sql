UPDATE t SET camelcase=11 WHERE id=1;
INSERT INTO t (id, camelcase) VALUES (4, 4);
