UPDATE t SET camelCase=33 WHERE id=2;
