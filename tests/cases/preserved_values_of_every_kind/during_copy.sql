UPDATE t SET s='x', bits=3 WHERE id=2;
