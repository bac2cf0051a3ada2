ALTER TABLE account ADD currency CHAR(3) NOT NULL DEFAULT 'EUR' AFTER balance;
ALTER TABLE account ADD KEY by_currency (currency);
