UPDATE t SET camelCase=22 WHERE id=2;
