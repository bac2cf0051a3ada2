#include "src/mysql/open_transaction.h"

#include <mysql.h>

namespace osc::mysql {

bool IsInTransaction(Connection& connection) {
  unsigned int status = 0;
  mariadb_get_infov(connection.handle(), MARIADB_CONNECTION_SERVER_STATUS, &status);
  return (status & SERVER_STATUS_IN_TRANS) != 0;
}

}  // namespace osc::mysql
