// What a statement that stands as text in the binlog does, and to which tables: so that a stream
// notices foreign DDL, and recognises its own. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/mysql/quote.h"

namespace osc::mysql {

enum class StatementKind {
  kAlterTable,
  kDropTable,
  kRenameTable,
  kTruncateTable,
  kCreateTable,  // CREATE OR REPLACE too, which drops the table that was there
  kCreateIndex,
  kDropIndex,
  kCreateTrigger,
  kDropDatabase,
  kDml,  // INSERT, REPLACE, UPDATE, DELETE, LOAD: a write in statement format
  kOther,
};

struct StatementEffect {
  StatementKind kind = StatementKind::kOther;
  bool temporary = false;  // CREATE or DROP TEMPORARY TABLE
  // Every table that it names, with the default database filled in. RENAME TABLE: from, to, from,
  // to. ALTER TABLE: the table, then the target of RENAME TO and the table of EXCHANGE PARTITION or
  // CONVERT TABLE.
  // DROP DATABASE: one entry without a table name. UPDATE and DELETE: also tables only read.
  std::vector<TableName> tables;
  // The words in the first comment /* osc:... */, for example "osc:abcd1234:swap:1", one for each
  // migration that the statement is for; empty when there is none. MySQL 9.7 writes DROP TABLE anew
  // without comments, MariaDB 10.11 and 11.8 keep one that stands right after the word TABLE;
  // everything else reaches the binlog with its comments on all three.
  std::vector<std::string> markers;
};

// A statement that is not understood gives kOther without tables, never an error.
StatementEffect ClassifyStatement(std::string_view sql, std::string_view default_database);

}  // namespace osc::mysql
