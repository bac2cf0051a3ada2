/* accounts of
   people */
CREATE TABLE account (
  id BIGINT NOT NULL AUTO_INCREMENT,
  person_id INT NOT NULL,
  balance DECIMAL(12,2) NOT NULL DEFAULT 0.00,
  opened DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY person (person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
