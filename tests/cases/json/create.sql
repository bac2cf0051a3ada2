CREATE TABLE t (id INT PRIMARY KEY, doc JSON, n INT);
INSERT INTO t (id, doc) VALUES
  (1, '{}'), (2, '[]'), (3, 'null'), (4, '"text"'), (5, '-1'), (6, '1.5'), (7, 'true'), (8, NULL),
  (9, '{"a": 1, "bb": [1, 2, {"c": null}], "quote\\"": "it''s \\\\ \\u0001 😀"}'),
  (10, '[18446744073709551615, -9223372036854775808, 0.1, 1e300, 3.141592653589793]');
