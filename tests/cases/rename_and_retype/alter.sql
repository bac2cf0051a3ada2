CHANGE amount cents DECIMAL(12,2) FIRST, CHANGE note remark TEXT COMMENT 'was note' AFTER cents
