UPDATE t SET id=-1;
