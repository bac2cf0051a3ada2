// The names of everything that a migration puts on the server.
#pragma once

#include <string>

#include "src/mysql/quote.h"

namespace osc::shadow {

// Beside `_osc_<id>_<table>` (ddl::OffStageName), in the same database:
// the stream's checkpoint, `_oscck_<id>`.
mysql::TableName CheckpointName(const std::string& id, const mysql::TableName& live);
// What has been copied (shadow/copy_record.h), `_osccp_<id>`.
mysql::TableName CopiedName(const std::string& id, const mysql::TableName& live);
// The rows of prepared XA transactions, `_oscxa_<id>`; made when there are any.
mysql::TableName PreparedName(const std::string& id, const mysql::TableName& live);
// Rows that have no place in the other definition (apply::Quarantine); made when there are any. The
// entries, `_oscq_<id>`, and the held rows in the shape of the old table, `_oscqo_<id>`, and of the
// new one, `_oscqn_<id>`.
mysql::TableName QuarantineName(const std::string& id, const mysql::TableName& live);
mysql::TableName HeldOldName(const std::string& id, const mysql::TableName& live);
mysql::TableName HeldNewName(const std::string& id, const mysql::TableName& live);
// The keys of rows with made-up values (apply::DefaultedRows), `_oscd_<id>`; made when there are
// any.
mysql::TableName DefaultedName(const std::string& id, const mysql::TableName& live);

// Rows that a copy after a swap could not place, on their way through the binlog, `_oscs_<id>`.
mysql::TableName HandedOverName(const std::string& id, const mysql::TableName& live);

// The sentry, whose existence makes a stray RENAME fail. Its name sorts behind the live table's,
// because RENAME TABLE takes its locks in the order of names (seen on MySQL 9.7, MariaDB 10.11 and
// 11.8): it must be waiting for the live table while the sentry can still be dropped.
mysql::TableName SentryName(const std::string& id, const mysql::TableName& live);

}  // namespace osc::shadow
