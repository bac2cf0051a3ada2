UPDATE t SET e = 'keep' WHERE id = 1;
