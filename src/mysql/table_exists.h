// Whether there is a table of this name.
#pragma once

#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::mysql {

inline bool TableExists(Connection& connection, const TableName& table) {
  return connection
      .QueryValue("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
                  QuoteText(table.database) + " AND TABLE_NAME=" + QuoteText(table.name))
      .has_value();
}

}  // namespace osc::mysql
